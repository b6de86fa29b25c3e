"""Keeping weights small: never biases, which cost nothing and fit nothing alone."""

from collections.abc import Iterable

import numpy as np

from dnn.network import Weight


def add_l2_gradient(weights: Iterable[Weight], l2: float) -> None:
    """dW ← dW + λ W, the gradient of the penalty λ/2 Σ W².

    Args:
        weights: their dW changes in place.
        l2: λ, at least 0.
    """
    for weight in weights:
        np.multiply(weight.W, l2, out=weight.scratch)
        np.add(weight.dW, weight.scratch, out=weight.dW)


def decay(weights: Iterable[Weight], amount: float) -> None:
    """W ← (1 - amount) W, where amount is learning rate times weight decay: the same for every optimizer.

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2, line 12.
    """
    for weight in weights:
        np.multiply(weight.W, 1 - weight.factor * amount, out=weight.W)
