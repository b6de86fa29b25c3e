"""Losses: cross-entropy and squared error, each as one function of the logits with softmax; and hits beside them."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from dnn.base.types import Array


class Loss(ABC):
    """A function of a network's logits and targets, minimised by training; `forward` and `backward` in pairs.

    It is Σ w_i l_i / n over the n examples of a mini-batch, each with its loss l_i and its weight w_i, or 1. The sum of
    the weights does not enter: where they have the mean 1 over the training set, mini-batches of any size have the same
    weighted loss on average.

    Its gradient is in memory of its own, made once, as a training step allocates nothing.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self._memory: dict[str, Array] = {}

    @abstractmethod
    def forward(self, logits: Array, Y: Array, weights: Array | None = None) -> float:
        """The loss, as a mean over the examples.

        Args:
            logits: (batch, classes), finite; they stay as they are.
            Y: (batch, classes) targets, rows that sum to 1.
            weights: (batch,), at least 0, of the examples; None: 1.
        """

    @abstractmethod
    def backward(self) -> Array:
        """∂loss/∂logits of the last `forward`, (batch, classes), in an array that the next one overwrites."""

    @classmethod
    @abstractmethod
    def value(cls, logits: Array, Y: Array, weights: Array | None = None) -> float:
        """The same as `forward`, without what `backward` needs, of any number of examples."""

    def _buffer(self, name: str, like: Array) -> Array:
        """Memory for such an array, the same in every step but after a larger one."""
        memory = self._memory.get(name)
        if (
            memory is None
            or memory.dtype != like.dtype
            or memory.shape[1:] != like.shape[1:]
            or len(memory) < len(like)
        ):
            memory = self._memory[name] = np.empty_like(like)
        return memory[: len(like)]


class SoftmaxCrossEntropy(Loss):
    """l = -Σ_k y_k log p_k in nats, with p = softmax(logits); ∂l/∂logits = p - y.

    The rows of Y are one-hot labels or smoothed ones. No two logits of a row are further apart than the largest float.

    Source: Bishop 2006, "Pattern recognition and machine learning", eq. 4.108 and 4.109.
    """

    kind: ClassVar[str] = "cross_entropy"

    def forward(self, logits: Array, Y: Array, weights: Array | None = None) -> float:
        z = np.subtract(logits, row_maxima(logits), out=self._buffer("p", logits))
        # Σ_k y_k log p_k = Σ_k y_k z_k - log Σ_j exp(z_j), as the y_k sum to 1
        fit = np.vdot(z, Y) if weights is None else np.einsum("ij,ij->i", z, Y)
        exp_z = np.exp(z, out=z)
        total = row_sums(exp_z)
        self._p, self._Y, self._weights = np.divide(exp_z, total, out=exp_z), Y, weights
        if weights is None:
            return float((np.log(total).sum() - fit) / len(Y))
        return float(np.vdot(weights, np.log(total[:, 0]) - fit)) / len(Y)

    def backward(self) -> Array:
        dlogits = np.subtract(self._p, self._Y, out=self._p)
        return np.multiply(dlogits, shares(self._weights, len(dlogits)), out=dlogits)

    @classmethod
    def value(cls, logits: Array, Y: Array, weights: Array | None = None) -> float:
        return -float(np.vdot(log_softmax(logits), Y if weights is None else weights[:, None] * Y)) / len(Y)


class MeanSquaredError(Loss):
    """l = 1/K Σ_k (p_k - y_k)², with p = softmax(logits) of K classes, so that the network answers with probabilities;
    ∂l/∂logits_k = 2/K p_k (d_k - Σ_j p_j d_j), with d = p - y.

    Source: Brier 1950, "Verification of forecasts expressed in terms of probability", eq. 2, as a mean over classes.
    """

    kind: ClassVar[str] = "mean_squared_error"

    def forward(self, logits: Array, Y: Array, weights: Array | None = None) -> float:
        self._p = p = softmax(logits, out=self._buffer("p", logits))
        self._d = d = np.subtract(p, Y, out=self._buffer("d", logits))
        self._weights = weights
        if weights is None:
            return float(np.vdot(d, d)) / d.size
        return float(np.vdot(weights, np.einsum("ij,ij->i", d, d))) / d.size

    def backward(self) -> Array:
        d, p = self._d, self._p
        mean_d = np.einsum("ij,ij->i", p, d)[:, None]
        dlogits = np.multiply(np.subtract(d, mean_d, out=d), p, out=d)
        return np.multiply(dlogits, 2 * shares(self._weights, d.size), out=dlogits)

    @classmethod
    def value(cls, logits: Array, Y: Array, weights: Array | None = None) -> float:
        d = softmax(logits) - Y
        return float(np.vdot(d, d if weights is None else weights[:, None] * d)) / d.size


LOSSES: dict[str, type[Loss]] = {cls.kind: cls for cls in (SoftmaxCrossEntropy, MeanSquaredError)}


def shares(weights: Array | None, count: int) -> Array | float:
    """The factor of each example's gradient in a mean over `count`: (n, 1), or one for all."""
    return 1 / count if weights is None else weights[:, None] / count


def softmax(logits: Array, out: Array | None = None) -> Array:
    """p_k = exp(z_k) / Σ_j exp(z_j), row by row: (n, classes) -> (n, classes).

    The row's maximum is subtracted first, which changes nothing in the quotient and keeps exp from overflowing for
    any finite logits.
    """
    p = np.subtract(logits, row_maxima(logits), out=out)
    np.exp(p, out=p)
    return np.divide(p, row_sums(p), out=p)


def row_maxima(Z: Array) -> Array:
    """(n, classes) -> (n, 1). Transposed first: NumPy takes three times as long for many short rows, one by one."""
    if len(Z) == 1:
        return np.maximum.reduce(Z, axis=1, keepdims=True)
    return np.maximum.reduce(Z.T.copy(), axis=0)[:, None]


def row_sums(Z: Array) -> Array:
    """(n, classes) -> (n, 1), as a product for the same reason."""
    if len(Z) == 1:
        return np.add.reduce(Z, axis=1, keepdims=True)
    return np.dot(Z, np.ones((Z.shape[1], 1), Z.dtype))


def log_softmax(logits: Array) -> Array:
    """log p_k = z_k - max z - log Σ_j exp(z_j - max z): (n, classes) -> (n, classes), finite where the logits and their
    differences are."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.subtract(shifted, np.log(np.exp(shifted).sum(axis=1, keepdims=True)), out=shifted)


def hits(logits: Array, Y: Array) -> int:
    """How many rows of (n, classes) logits have their argmax where the row of Y has it."""
    return int(np.count_nonzero(logits.argmax(axis=1) == Y.argmax(axis=1)))
