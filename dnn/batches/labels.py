"""Labels: from those that people give to the columns of a network's output, and their weights in the loss."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array


def from_one_hot(Y: Array) -> Array:
    """(n, classes) rows with a single 1 -> (n,) column numbers.

    Raises:
        InputError: a row is not one-hot.
    """
    wrong = np.flatnonzero((np.count_nonzero(Y, axis=1) != 1) | (Y.max(axis=1) != 1))
    if len(wrong):
        raise InputError(f"labels of shape {Y.shape} must be one-hot, row {wrong[0]} is {Y[wrong[0]].tolist()}")
    return Y.argmax(axis=1)


def one_hot(indices: Array, classes: int) -> Array:
    """(n,) column numbers -> (n, classes) float32 rows with a single 1."""
    Y = np.zeros((len(indices), classes), np.float32)
    Y[np.arange(len(indices)), indices] = 1
    return Y


def find_classes(y: Array, outputs: int | None) -> Array:
    """The classes of the labels y: (n,), sorted.

    Where the network has, or is to have, k outputs, whole numbers below k are the classes 0 to k - 1, seen or not.

    Raises:
        InputError: there are more classes than outputs, or fewer that are no such numbers.
    """
    classes: Array = np.unique(y)
    if outputs is None or len(classes) == outputs:
        return classes
    if classes.dtype.kind in "iu" and classes[0] >= 0 and classes[-1] < outputs:
        return np.arange(outputs)
    raise InputError(f"the labels have {len(classes)} classes, the network has {outputs} outputs; make them equal")


def class_indices(y: Array, classes: Array) -> Array:
    """(n,) labels -> (n,) positions in the sorted `classes`.

    Raises:
        InputError: a label is none of the classes.
    """
    indices = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    unknown = np.flatnonzero(classes[indices] != y)
    if len(unknown):
        raise InputError(f"label {y[unknown[0]]!r} is none of the classes {classes.tolist()}")
    return indices


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
        there = counts > 0
        weights = np.zeros(len(classes))
        weights[there] = len(y) / (counts[there] * np.count_nonzero(there))
        return weights
    if isinstance(given, str):
        raise InputError(f"class_weight is {given!r}, it should be balanced, or a weight for each label")
    weights = np.ones(len(classes))
    for label, weight in given.items():
        if not 0 <= weight < np.inf:
            raise InputError(f"class_weight of {label!r} is {weight!r}, it should be a finite number of at least 0")
        try:
            weights[class_indices(np.array([label]), classes)] = weight
        except InputError as error:
            raise InputError(f"class_weight: {error}") from None
    return weights


def smooth_labels(Y: Array, smoothing: float) -> Array:
    """(1 - s) Y + s / classes for s in [0, 1): no class is asked to be certain.

    Source: Szegedy et al. 2016, "Rethinking the Inception architecture", section 7.
    """
    return ((1 - smoothing) * Y + smoothing / Y.shape[1]).astype(Y.dtype)
