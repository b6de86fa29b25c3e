"""Weights of classes and of examples in the loss."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from dnn.base.errors import InputError, shown
from dnn.base.types import Array
from dnn.batches.labels import class_indices


def class_weights(y: Array, classes: Array, given: str | Mapping[Any, float] = "balanced") -> Array:
    """The weight of each class in the loss, (classes,).

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
    if isinstance(given, str) and given == "balanced":
        counts = np.bincount(class_indices(y, classes), minlength=len(classes))
        there = counts > 0
        weights = np.zeros(len(classes))
        weights[there] = len(y) / (counts[there] * np.count_nonzero(there))
        return weights
    if not isinstance(given, Mapping):
        raise InputError(f"class_weight is {shown(given)}, it should be balanced, or a weight for each label")
    weights = np.ones(len(classes))
    for label, weight in given.items():
        if not (isinstance(weight, Real) and 0 <= weight < np.inf):
            raise InputError(
                f"class_weight of {shown(label)} is {shown(weight)}, it should be a finite number of at least 0"
            )
        try:
            weights[class_indices(np.array([label]), classes)] = weight
        except InputError as error:
            raise InputError(f"class_weight: {error}") from None
    return weights


def example_weights(
    y: Array, classes: Array, class_weight: str | Mapping[Any, float] | None, sample_weight: Any = None
) -> Array | None:
    """(n,) the weight of each example's class times its own; None where there is neither.

    A class's weight is that of its examples, whole, also where their labels are smoothed: `CrossEntropyLoss` of PyTorch
    weighs each class's share of a smoothed label by the weight of that class instead.

    Args:
        y, classes: as for `class_weights`.
        class_weight: as its `given`; None weighs all classes alike.
        sample_weight: (n,) numbers of at least 0, or one for all.

    Raises:
        InputError: the weights of classes or examples are no such numbers.
    """
    weights = None if sample_weight is None else checked_weights(sample_weight, len(y))
    if class_weight is None:
        return weights
    by_class = class_weights(y, classes, class_weight)[class_indices(y, classes)]
    return by_class if weights is None else by_class * weights


def checked_weights(sample_weight: Any, n: int) -> Array:
    """The weights of n examples as an array: (n,) float64."""
    try:
        weights = np.asarray(sample_weight, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"sample_weight should be a number for each of the {n} examples") from None
    if weights.shape not in ((), (n,)):
        raise InputError(f"sample_weight has shape {weights.shape}, it should be ({n},), a number for each example")
    weights = np.broadcast_to(weights, n)
    wrong = np.flatnonzero(~((weights >= 0) & (weights < np.inf)))
    if len(wrong):
        raise InputError(
            f"sample_weight is {weights[wrong[0]]} at {wrong[0]}, it should be a finite number of at least 0"
        )
    return weights


def check_some_weight(weights: Array | None, which: str, so: str) -> None:
    """Raise InputError where the weights: (n,) of `which` examples are all 0, with what follows from it."""
    if weights is not None and not np.any(weights):
        raise InputError(f"the weights of all {which} are zero, so {so}: give some of them weight")
