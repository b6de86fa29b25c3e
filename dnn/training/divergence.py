"""A training that diverges ends, with the weights of its last good epoch."""

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array
from dnn.network import Network


class DivergenceError(InputError):
    """Loss or weights are no longer finite."""


def diverged(where: str, learning_rate: float, epochs: int) -> DivergenceError:
    """The error of a training that was at this step or epoch, and had so many good epochs before."""
    kept = "the weights of the last good epoch are kept" if epochs else "no epoch was good, so nothing was learned"
    return DivergenceError(
        f"loss or weights were no longer finite at {where}, learning rate {learning_rate:.3g}: try a smaller "
        f"learning_rate or a warm-up, or check the data; {kept}"
    )


def is_finite(network: Network, X: Array) -> bool:
    """Whether the network, with the weights and running statistics that it has now, answers X with numbers."""
    return bool(np.isfinite(network.state).all() and np.isfinite(network.logits(X)).all())
