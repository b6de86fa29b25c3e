"""Optimizers: from a gradient and a learning rate to a step of the flat parameter vector."""

from typing import Any

from dnn.base.options import make
from dnn.training.optimizers.adaptive import Adagrad, Adam, AdamW, NAdam, RMSprop
from dnn.training.optimizers.base import CHUNK, Optimizer
from dnn.training.optimizers.descent import SGD, Lion, Momentum, Nesterov

OPTIMIZERS: dict[str, type[Optimizer]] = {
    cls.kind: cls for cls in (SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW, NAdam, Lion)
}


def make_optimizer(name: str, **options: Any) -> Optimizer:
    """The optimizer of that name, one of `OPTIMIZERS`.

    Raises:
        InputError: the name or an option is unknown, or a value is out of its range.
    """
    return make("optimizer", OPTIMIZERS, name, options)


__all__ = [
    "CHUNK",
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Lion",
    "Momentum",
    "NAdam",
    "Nesterov",
    "Optimizer",
    "RMSprop",
    "make_optimizer",
]
