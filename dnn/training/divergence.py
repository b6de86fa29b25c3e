"""A training that diverges ends, with the weights of its last good epoch."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array
from dnn.network import Network


@contextmanager
def last_good_weights(network: Network) -> Iterator[None]:
    """Put parameters and state back to what they are now, if the block raises InputError."""
    params, state = network.params.copy(), network.state.copy()
    try:
        yield
    except InputError:
        network.params[...], network.state[...] = params, state
        raise


def diverged(where: str, learning_rate: float) -> InputError:
    """The error of a loss, or of weights, that are no longer finite."""
    return InputError(
        f"loss or weights were no longer finite at {where}, learning rate {learning_rate:.3g}: try a smaller "
        "learning_rate or a warm-up, or check the data; the weights of the last good epoch are kept"
    )


def is_finite(network: Network, X: Array) -> bool:
    """Whether the network, with the weights and running statistics that it has now, answers X with numbers."""
    return bool(np.isfinite(network.state).all() and np.isfinite(network.logits(X)).all())
