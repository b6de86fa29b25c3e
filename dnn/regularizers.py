"""Keeping weights small: never biases, which cost nothing and fit nothing alone."""

from collections.abc import Iterable

import numpy as np

from dnn.types import Array


def add_l2_gradient(weights: Iterable[tuple[Array, Array, Array]], l2: float) -> None:
    """dW ← dW + λ W, the gradient of the penalty λ/2 Σ W².

    Args:
        weights: W, dW, which changes in place, and scratch memory of their shape.
        l2: λ, at least 0.
    """
    for W, dW, scratch in weights:
        np.multiply(W, l2, out=scratch)
        np.add(dW, scratch, out=dW)


def decay(weights: Iterable[tuple[Array, Array, Array]], amount: float) -> None:
    """W ← (1 - amount) W, where amount is learning rate times weight decay: the same for every optimizer.

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2, line 12.
    """
    for W, _, _ in weights:
        np.multiply(W, 1 - amount, out=W)
