"""Losses: cross-entropy, as one function of the logits with softmax, and squared error; and the score beside them."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from dnn.base.types import Array


class Loss(ABC):
    """A function of a mini-batch's outputs and targets, minimised by training; `forward` and `backward` in pairs.

    Its gradient is in memory of its own, made once, as a training step allocates nothing.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self._memory = np.empty((0, 0))
        self._share: Array | float = 0.0  # of each example in the mean

    @abstractmethod
    def forward(self, outputs: Array, Y: Array, weights: Array | None = None) -> float:
        """The loss, as a mean over the examples.

        Args:
            outputs: (batch, units) of the network; they stay as they are.
            Y: (batch, units) targets.
            weights: (batch,), at least 0, of the examples in the mean; None weighs all alike.
        """

    @abstractmethod
    def backward(self) -> Array:
        """∂loss/∂outputs of the last `forward`, (batch, units), in an array that the next one overwrites."""

    def _buffer(self, like: Array) -> Array:
        """Memory for such an array, the same in every step but after a larger one."""
        memory = self._memory
        if memory.dtype != like.dtype or memory.shape[1:] != like.shape[1:] or len(memory) < len(like):
            memory = self._memory = np.empty_like(like)
        return memory[: len(like)]


class SoftmaxCrossEntropy(Loss):
    """L = -Σ_k y_k log p_k in nats, with p = softmax(logits); ∂L/∂logits = p - y.

    The rows of Y are probabilities that sum to 1: one-hot labels or smoothed ones. The logits are finite, and no two of
    a row further apart than the largest float.

    Source: Bishop 2006, "Pattern recognition and machine learning", eq. 4.108 and 4.109.
    """

    kind: ClassVar[str] = "cross_entropy"

    def forward(self, outputs: Array, Y: Array, weights: Array | None = None) -> float:
        z = np.subtract(outputs, row_maxima(outputs), out=self._buffer(outputs))
        # Σ_k y_k log p_k = Σ_k y_k z_k - log Σ_j exp(z_j), as the y_k sum to 1
        fit = np.vdot(z, Y) if weights is None else np.einsum("ij,ij->i", z, Y)
        exp_z = np.exp(z, out=z)
        total = row_sums(exp_z)
        self._p, self._Y = np.divide(exp_z, total, out=exp_z), Y
        if weights is None:
            self._share = 1 / len(Y)
            return float((np.log(total).sum() - fit) / len(Y))
        share = shares(weights)
        self._share = share[:, None]
        return float(np.vdot(share, np.log(total[:, 0]) - fit))

    def backward(self) -> Array:
        dlogits = np.subtract(self._p, self._Y, out=self._p)
        return np.multiply(dlogits, self._share, out=dlogits)


class MeanSquaredError(Loss):
    """L = mean of (outputs - Y)² over the units; ∂L/∂outputs = 2 (outputs - Y) / units.

    Source: Bishop 2006, "Pattern recognition and machine learning", eq. 5.14, as a mean.
    """

    kind: ClassVar[str] = "mean_squared_error"

    def forward(self, outputs: Array, Y: Array, weights: Array | None = None) -> float:
        self._difference = d = np.subtract(outputs, Y, out=self._buffer(outputs))
        if weights is None:
            self._share = 1 / d.size
            return float(np.vdot(d, d)) / d.size
        share = shares(weights) / d.shape[1]
        self._share = share[:, None]
        return float(np.vdot(share, np.einsum("ij,ij->i", d, d)))

    def backward(self) -> Array:
        return np.multiply(self._difference, 2 * self._share, out=self._difference)


LOSSES: dict[str, type[Loss]] = {cls.kind: cls for cls in (SoftmaxCrossEntropy, MeanSquaredError)}


def shares(weights: Array) -> Array:
    """(n,) weights, at least 0 -> their shares in the sum; all 0 where that is 0."""
    total = weights.sum()
    return weights / total if total else weights


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
    return np.maximum.reduce(Z.T.copy(), axis=0)[:, None]


def row_sums(Z: Array) -> Array:
    """(n, classes) -> (n, 1), as a product for the same reason."""
    return np.dot(Z, np.ones((Z.shape[1], 1), Z.dtype))


def log_softmax(logits: Array) -> Array:
    """log p_k = z_k - max z - log Σ_j exp(z_j - max z): (n, classes) -> (n, classes), finite where the logits and their
    differences are."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.subtract(shifted, np.log(np.exp(shifted).sum(axis=1, keepdims=True)), out=shifted)


def hits(logits: Array, Y: Array) -> int:
    """How many rows of (n, classes) logits have their argmax where the row of Y has it."""
    return int(np.count_nonzero(logits.argmax(axis=1) == Y.argmax(axis=1)))


def loss_and_accuracy(logits: Array, Y: Array) -> tuple[float, float]:
    """Mean cross-entropy in nats and fraction of right answers of (n, classes) logits for labels Y: (n, classes)."""
    return -float(np.vdot(log_softmax(logits), Y)) / len(Y), hits(logits, Y) / len(Y)
