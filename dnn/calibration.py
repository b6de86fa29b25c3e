"""Calibration: whether a confidence of 90 % means right in 90 of 100 cases, and a temperature that brings it nearer."""

from math import exp, log

import numpy as np

from dnn.base.errors import InputError
from dnn.base.kinds import check
from dnn.base.types import Array
from dnn.losses import log_softmax

TEMPERATURES = (0.01, 100.0)  # the lowest and the highest that are tried


def reliability(confidence: Array, correct: Array, bins: int = 15) -> tuple[Array, Array, Array]:
    """Mean confidence and accuracy of the predictions in each of `bins` equal intervals of (0, 1].

    Args:
        confidence: (n,) probability of the predicted class.
        correct: (n,) whether the prediction was right.
        bins: number of intervals, at least 1.

    Returns:
        (bins,) mean confidence, (bins,) accuracy, both NaN where an interval is empty, and (bins,) counts.

    Raises:
        InputError: `bins` is no such number.
    """
    bins = check("bins", bins, int, least=1, most=10_000)
    index = np.ceil(confidence.astype(np.float64) * bins).astype(int).clip(1, bins) - 1
    counts = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(index, confidence, bins) / counts
        accuracy = np.bincount(index, correct, bins) / counts
    return mean_confidence, accuracy, counts


def expected_calibration_error(confidence: Array, correct: Array, bins: int = 15) -> float:
    """ECE = Σ_b n_b / n |accuracy_b - confidence_b|, in [0, 1]; arguments as for `reliability`.

    Source: Guo et al. 2017, "On calibration of modern neural networks", eq. 3.
    """
    mean_confidence, accuracy, counts = reliability(confidence, correct, bins)
    return float(np.nansum(counts * np.abs(accuracy - mean_confidence)) / counts.sum())


def fit_temperature(logits: Array, Y: Array) -> float:
    """The T in `TEMPERATURES` for which softmax(logits / T) has the least mean cross-entropy -Σ_k y_k log p_k.

    T > 1 makes a network less sure, T < 1 more; the most probable class stays the same. Where no other is better than
    1, T is 1.

    Args:
        logits: (n, classes), finite, of examples that the network was not trained on.
        Y: (n, classes), their one-hot labels.

    Raises:
        InputError: there are no examples, the shapes differ, or a logit is not finite.

    Source: Guo et al. 2017, "On calibration of modern neural networks", section 4.2.
    """
    from scipy.optimize import minimize_scalar  # which takes long to import, and training alone needs it

    logits, Y = np.asarray(logits), np.asarray(Y)
    if logits.shape != Y.shape or not logits.size:
        raise InputError(
            f"temperature: logits are {logits.shape}, labels {Y.shape}; both should be (n, classes), n > 0"
        )
    if not np.isfinite(logits).all():
        raise InputError("temperature: the logits are not finite; check the data and the weights")
    logits = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        return -float(np.vdot(log_softmax(logits / exp(log_temperature)), Y)) / len(Y)

    lowest, highest = TEMPERATURES
    # the loss is convex in 1/T, so it has one valley in log T
    found = minimize_scalar(loss, bounds=(log(lowest), log(highest)), method="bounded", options={"xatol": 1e-6})
    return exp(found.x) if found.fun < loss(log(1)) else 1.0
