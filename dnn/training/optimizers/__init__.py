"""Optimizers, one a file: from a gradient and a learning rate to a step of the flat parameter vector."""

from typing import Any

from dnn.base.options import make
from dnn.training.optimizers.adagrad import Adagrad
from dnn.training.optimizers.adam import Adam
from dnn.training.optimizers.adamw import AdamW
from dnn.training.optimizers.base import Optimizer
from dnn.training.optimizers.lion import Lion
from dnn.training.optimizers.momentum import Momentum
from dnn.training.optimizers.nadam import NAdam
from dnn.training.optimizers.nesterov import Nesterov
from dnn.training.optimizers.rmsprop import RMSprop
from dnn.training.optimizers.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    cls.kind: cls for cls in (SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW, NAdam, Lion)
}


def make_optimizer(name: str, /, **options: Any) -> Optimizer:
    """The optimizer of that name, one of `OPTIMIZERS`; raises InputError as `make`, which checks name and options."""
    return make("optimizer", OPTIMIZERS, name, options)
