"""Does a confidence of 90 % mean right in 90 of 100 cases?"""

import numpy as np

from dnn.types import Array


def reliability(confidence: Array, correct: Array, bins: int = 15) -> tuple[Array, Array, Array]:
    """Mean confidence and accuracy of the predictions in each of `bins` equal intervals of (0, 1].

    Args:
        confidence: (n,) probability of the predicted class.
        correct: (n,) whether the prediction was right.
        bins: number of intervals, at least 1.

    Returns:
        (bins,) mean confidence, (bins,) accuracy, both NaN where an interval is empty, and (bins,) counts.
    """
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
