"""Between the labels that people give and the columns of a network's output."""

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
