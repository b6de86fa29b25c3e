"""Softmax and cross-entropy, as one function of the logits."""

import numpy as np

from dnn.types import Array


def softmax(logits: Array, out: Array | None = None) -> Array:
    """p_k = exp(z_k) / Σ_j exp(z_j), row by row: (n, classes) -> (n, classes).

    The row's maximum is subtracted first, which changes nothing in the quotient and keeps exp from overflowing for
    any finite logits.
    """
    p = np.subtract(logits, logits.max(axis=1, keepdims=True), out=out)
    np.exp(p, out=p)
    return np.divide(p, p.sum(axis=1, keepdims=True), out=p)


def log_softmax(logits: Array) -> Array:
    """log p_k = z_k - max z - log Σ_j exp(z_j - max z), finite for any finite logits: (n, classes) -> (n, classes)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.subtract(shifted, np.log(np.exp(shifted).sum(axis=1, keepdims=True)), out=shifted)


def softmax_cross_entropy(logits: Array, Y: Array, dlogits: Array) -> float:
    """Mean cross-entropy -Σ_k y_k log p_k of p = softmax(logits), in nats, with its gradient.

    Args:
        logits: (batch, classes), any finite values.
        Y: (batch, classes), rows of probabilities that sum to 1: one-hot labels or smoothed ones.
        dlogits: (batch, classes), written: ∂loss/∂logits = (p - Y) / batch.

    Source: Bishop 2006, "Pattern recognition and machine learning", eq. 4.108 and 4.109.
    """
    z = np.subtract(logits, logits.max(axis=1, keepdims=True), out=dlogits)
    # Σ_k y_k log p_k = Σ_k y_k z_k - log Σ_j exp(z_j), as the y_k sum to 1.
    fit = np.vdot(z, Y)
    np.exp(z, out=dlogits)
    total = dlogits.sum(axis=1, keepdims=True)
    loss = (np.log(total).sum() - fit) / len(logits)
    np.divide(dlogits, total, out=dlogits)
    np.subtract(dlogits, Y, out=dlogits)
    np.multiply(dlogits, 1 / len(logits), out=dlogits)
    return float(loss)


def smooth_labels(Y: Array, smoothing: float) -> Array:
    """(1 - s) Y + s / classes for s in [0, 1): no class is asked to be certain.

    Source: Szegedy et al. 2016, "Rethinking the Inception architecture", section 7.
    """
    return ((1 - smoothing) * Y + smoothing / Y.shape[1]).astype(Y.dtype)
