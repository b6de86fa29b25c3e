"""Labels: from those that people give to the columns of a network's output."""

from math import isnan
from typing import Any

import numpy as np

from dnn.base.errors import InputError, shown
from dnn.base.types import Array


def read_labels(y: Any, classes: Array | None = None) -> tuple[Array, Array]:
    """The label of each example, and labels that name the classes.

    Args:
        y: (n,) labels, whole numbers or texts; or (n, classes) one-hot, as an array, a list, a sparse matrix or a
            DataFrame of indicator columns.
        classes: (classes,) sorted labels that the columns of one-hot labels stand for where they have no names; None
            counts the columns from 0. The names of a DataFrame's columns are classes themselves.

    Returns:
        (n,) labels, or (n, 1) as they came, and the same again, or of one-hot labels the (classes,), sorted.

    Raises:
        InputError: y is neither; a label is missing, no whole number, or text beside numbers.
    """
    if y is None:
        raise InputError("it requires y to be passed, but the target y is None: give the label of each example")
    columns = list(y.columns) if hasattr(y, "columns") else None
    y = as_array(y.toarray() if hasattr(y, "toarray") else y, "y")
    if y.ndim == 2 and y.shape[1] > 1:
        if columns is not None:
            names = as_array(columns, "the row of y's column names")
            check_labels(names)
        else:
            names = np.arange(y.shape[1]) if classes is None else classes
            if not np.array_equal(names, np.unique(names)):
                raise InputError(
                    f"classes is {shown(names.tolist())}, give it in order: so do columns of one-hot labels stand"
                )
        if names.shape != y.shape[1:] or len(np.unique(names)) < len(names):
            raise InputError(
                f"y has {y.shape[1]} columns, which stand for the classes {shown(names.tolist())}, {len(names)} of "
                "them; give one for each"
            )
        return names[from_one_hot(y)], np.sort(names)
    if y.ndim not in (1, 2):
        raise InputError(f"y has shape {y.shape}, it should be (n,) labels or (n, classes) one-hot")
    check_labels(y.ravel())
    return y, y


def read_classes(classes: Any) -> Array:
    """All labels that will ever come, (classes,), each once, in the order in which they are given.

    Raises:
        InputError: they are no such labels.
    """
    labels = as_array(classes, "classes")
    if labels.ndim != 1:
        raise InputError(f"classes is {shown(classes)}, it should be a list of all labels")
    check_labels(labels, "classes")
    sorted_labels, counts = np.unique(labels, return_counts=True)
    if (counts > 1).any():
        raise InputError(f"classes has {shown(sorted_labels[counts.argmax()].item())} more than once; give it once")
    return labels


def as_array(y: Any, name: str) -> Array:
    """Labels as an array of numbers or of texts, in the shape that they come in.

    Raises:
        InputError: a label is missing, or there are texts beside other things; the message begins with `name`.
    """
    try:
        array = np.asarray(y)
    except ValueError:
        raise InputError(f"the rows of {name} have different lengths, it should be (n,) or (n, classes)") from None
    if array.dtype.kind not in "OU" or (array is y and array.dtype.kind == "U"):
        return array
    values = np.asarray(y, dtype=object)  # as NumPy makes [1, "a"] to texts
    for place, value in enumerate(values.flat):
        if (
            value is None
            or type(value).__name__ in ("NAType", "NaTType")
            or (isinstance(value, float) and isnan(value))
        ):
            raise InputError(f"{name} contains NaN or nothing, first at {place}: leave such examples out")
        if isinstance(value, str) != isinstance(values.flat[0], str):
            raise InputError(
                f"{name} has {shown(values.flat[0])} at 0 and {shown(value)} at {place}: make its labels all texts or "
                "all numbers"
            )
    array = np.array(values.tolist())
    if array.dtype == object or array.shape != values.shape:
        raise InputError(f"{name} has {shown(values.flat[0])} at 0, its labels should be whole numbers or texts")
    return array


def check_labels(y: Array, name: str = "y") -> None:
    """Raise InputError, which begins with `name`, where one of the labels y: (n,) can stand for no class."""
    if y.dtype.kind == "f":
        wrong = np.flatnonzero(~np.isfinite(y))
        if len(wrong):
            raise InputError(f"{name} contains NaN or infinity, first at {wrong[0]}: leave such examples out")
        wrong = np.flatnonzero(y != np.round(y))
        if len(wrong):
            raise InputError(
                f"{name} is continuous, it has {y[wrong[0]]} at {wrong[0]}; a classifier learns whole numbers or "
                "texts, so put such values into classes first"
            )
    elif y.dtype.kind == "c":
        raise InputError(f"Complex data not supported: {name} is of {y.dtype}, labels should be whole numbers or texts")
    elif y.dtype.kind not in "biuU":
        raise InputError(
            f"{name} is of {y.dtype}, labels should be whole numbers or texts; {name}.astype(str) makes them texts"
        )


def check_kind(y: Array, classes: Array) -> None:
    """Raise InputError where the labels y: (n,) are texts and the classes numbers, or the other way round."""
    if y.size and (y.dtype.kind == "U") != (classes.dtype.kind == "U"):
        raise InputError(f"{unknown_label(y[0], classes)}: one is text, the other a number")


def unknown_label(label: Any, classes: Array) -> str:
    """The mistake that an element of an array of labels is none of the classes."""
    return f"label {shown(label.item())} is none of the classes {shown(classes.tolist())}"


def check_lengths(X: Array, y: Array) -> None:
    """Raise InputError where X and y are not as long."""
    if len(X) != len(y):
        raise InputError(f"X has {len(X)} examples, y has {len(y)} labels; give as many")


def from_one_hot(Y: Array) -> Array:
    """(n, classes) rows with a single 1 -> (n,) column numbers.

    Raises:
        InputError: a row is not one-hot.
    """
    if Y.dtype.kind not in "biuf":
        raise InputError(f"y of shape {Y.shape} is of {Y.dtype}: give labels as (n,), or one-hot as numbers")
    wrong = np.flatnonzero((np.count_nonzero(Y, axis=1) != 1) | (Y.max(axis=1) != 1))
    if len(wrong):
        raise InputError(f"labels of shape {Y.shape} must be one-hot, row {wrong[0]} is {shown(Y[wrong[0]].tolist())}")
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
    check_kind(y, classes)
    indices = np.searchsorted(classes, y).clip(max=len(classes) - 1)
    unknown = np.flatnonzero(classes[indices] != y)
    if len(unknown):
        raise InputError(unknown_label(y[unknown[0]], classes))
    return indices


def smooth_labels(Y: Array, smoothing: float) -> Array:
    """(1 - s) Y + s / classes for s in [0, 1): no class is asked to be certain.

    Source: Szegedy et al. 2016, "Rethinking the Inception architecture", section 7.
    """
    return ((1 - smoothing) * Y + smoothing / Y.shape[1]).astype(Y.dtype)
