"""What training makes small: cross-entropy, as one function of the logits with softmax, and squared error."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array
from dnn.batches.labels import class_indices


def softmax(logits: Array, out: Array | None = None) -> Array:
    """p_k = exp(z_k) / Σ_j exp(z_j), row by row: (n, classes) -> (n, classes).

    The row's maximum is subtracted first, which changes nothing in the quotient and keeps exp from overflowing for
    any finite logits.
    """
    p = np.subtract(logits, row_maxima(logits), out=out)
    np.exp(p, out=p)
    return np.divide(p, row_sums(p), out=p)


def row_maxima(Z: Array) -> Array:
    """(n, classes) -> (n, 1). Turned first: NumPy takes three times as long for many short rows, one by one."""
    return np.maximum.reduce(Z.T.copy(), axis=0)[:, None]


def row_sums(Z: Array) -> Array:
    """(n, classes) -> (n, 1), as a product for the same reason."""
    return np.dot(Z, np.ones((Z.shape[1], 1), Z.dtype))


def log_softmax(logits: Array) -> Array:
    """log p_k = z_k - max z - log Σ_j exp(z_j - max z): (n, classes) -> (n, classes), finite where the logits and their
    differences are."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.subtract(shifted, np.log(np.exp(shifted).sum(axis=1, keepdims=True)), out=shifted)


def softmax_cross_entropy(logits: Array, Y: Array, dlogits: Array, weights: Array | None = None) -> float:
    """Mean cross-entropy -Σ_k y_k log p_k of p = softmax(logits), in nats, with its gradient.

    Args:
        logits: (batch, classes), finite, no two of a row further apart than the largest float.
        Y: (batch, classes), rows of probabilities that sum to 1: one-hot labels or smoothed ones.
        dlogits: (batch, classes), written: ∂loss/∂logits = s (p - Y), with the share s of each example in the mean.
        weights: (batch,), at least 0, of the examples in the mean: s = weight / Σ weights; None means s = 1 / batch.

    Source: Bishop 2006, "Pattern recognition and machine learning", eq. 4.108 and 4.109.
    """
    z = np.subtract(logits, row_maxima(logits), out=dlogits)
    # Σ_k y_k log p_k = Σ_k y_k z_k - log Σ_j exp(z_j), as the y_k sum to 1.
    fit = np.vdot(z, Y) if weights is None else np.einsum("ij,ij->i", z, Y)
    np.exp(z, out=dlogits)
    total = row_sums(dlogits)
    np.divide(dlogits, total, out=dlogits)
    np.subtract(dlogits, Y, out=dlogits)
    if weights is None:
        np.multiply(dlogits, 1 / len(logits), out=dlogits)
        return float((np.log(total).sum() - fit) / len(logits))
    share = shares(weights)
    np.multiply(dlogits, share[:, None], out=dlogits)
    return float(np.vdot(share, np.log(total[:, 0]) - fit))


def mean_squared_error(outputs: Array, Y: Array, doutputs: Array, weights: Array | None = None) -> float:
    """Mean of (outputs - Y)² over all elements, with its gradient.

    Args:
        outputs: (batch, units).
        Y: (batch, units) targets.
        doutputs: (batch, units), written: ∂loss/∂outputs = 2 s (outputs - Y) / units, with the share s of each example.
        weights: as for `softmax_cross_entropy`.

    Source: Bishop 2006, "Pattern recognition and machine learning", eq. 5.14, as a mean.
    """
    d = np.subtract(outputs, Y, out=doutputs)
    if weights is None:
        loss = float(np.vdot(d, d)) / d.size
        np.multiply(d, 2 / d.size, out=d)
        return loss
    share = shares(weights) / d.shape[1]
    loss = float(np.vdot(share, np.einsum("ij,ij->i", d, d)))
    np.multiply(d, 2 * share[:, None], out=d)
    return loss


def shares(weights: Array) -> Array:
    """(n,) weights, at least 0 -> their shares in the sum; all 0 where that is 0."""
    return weights / (weights.sum() or 1)


def class_weights(y: Array, classes: Array, given: str | Mapping[Any, float] = "balanced") -> Array:
    """The weight of each class in the loss, (classes,); times a sample weight it is that of an example.

    Args:
        y: (n,) labels.
        classes: (classes,) sorted labels.
        given: `balanced` means n / (number of classes in y · number of examples of the class), so that all of these
            classes count alike and the mean over the examples is 1; a class that y does not have gets 0. Or a weight
            for each label, 1 where there is none.

    Raises:
        InputError: a label is none of the classes, or a weight is no finite number of at least 0.

    Source: King & Zeng 2001, "Logistic regression in rare events data", as in scikit-learn's `compute_class_weight`.
    """
    if given == "balanced":
        counts = np.bincount(class_indices(y, classes), minlength=len(classes))
        return np.divide(len(y), counts.astype(float) * np.count_nonzero(counts), where=counts > 0, out=0.0 * counts)
    if isinstance(given, str):
        raise InputError(f"class_weight is {given!r}, it should be balanced, or a weight for each label")
    weights = np.ones(len(classes))
    for label, weight in given.items():
        if not 0 <= weight < np.inf:
            raise InputError(f"class_weight of {label!r} is {weight!r}, it should be a finite number of at least 0")
        weights[class_indices(np.array([label]), classes)] = weight
    return weights


def smooth_labels(Y: Array, smoothing: float) -> Array:
    """(1 - s) Y + s / classes for s in [0, 1): no class is asked to be certain.

    Source: Szegedy et al. 2016, "Rethinking the Inception architecture", section 7.
    """
    return ((1 - smoothing) * Y + smoothing / Y.shape[1]).astype(Y.dtype)
