"""Inputs: from what people give to the rows of numbers that a network takes, checked."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.kinds import Kind
from dnn.base.types import Array, Shape


def pair(value: Any) -> tuple[Any, Any]:
    """Inputs and labels, whatever these are."""
    if not isinstance(value, tuple | list):
        raise TypeError
    X, y = value
    return X, y


PAIR = Kind("a pair (X, y)", pair)
LARGEST = 1e15  # of a number to learn from: its square, summed over a mini-batch, is still finite in float32


def as_rows(X: Any, input_shape: Callable[[int], Shape]) -> Any:
    """Images as (n, features), a row for the pixels of each; what has rows already as it is.

    Args:
        X: (n, features), as an array, a list or a DataFrame; or (n, height, width), or with channels behind, an array
            of images as the network takes them.
        input_shape: from the number of features to the shape of an example in the network.

    Raises:
        InputError: X is sparse, or of another shape.
    """
    if hasattr(X, "toarray"):
        raise InputError(f"X is sparse, the network takes dense numbers: give X.toarray(), {prod(X.shape):,} of them")
    if hasattr(getattr(X, "sparse", None), "to_dense"):  # a DataFrame of such columns
        raise InputError(f"X is sparse, the network takes dense numbers: give X.sparse.to_dense(), {X.size:,} of them")
    try:
        X = X if hasattr(X, "shape") else np.asarray(X)
    except ValueError:
        raise InputError("the rows of X have different lengths, it should be (n, features)") from None
    shape = tuple(X.shape)
    if len(shape) < 2:
        raise InputError(
            f"X has shape {shape}, it should be (n, features). Reshape your data: X.reshape(1, -1) is a single example"
        )
    if len(shape) == 2:
        return X
    features = prod(shape[1:])
    expected = input_shape(features)
    if shape[1:] == expected or (*shape[1:], 1) == expected:
        return np.asarray(X).reshape(len(X), features)
    if len(expected) == 1:
        raise InputError(f"X has shape {shape}, the network takes (n, {expected[0]}): give X.reshape(len(X), -1)")
    raise InputError(f"X has shape {shape}, the network takes images of shape {expected}, or rows of their pixels")


def check_numbers(X: Array, largest: float = np.inf) -> None:
    """Raise InputError where X: (n, features) has something that is no finite number, or one beyond `largest`."""
    if not X.size:
        return
    low, high = float(X.min()), float(X.max())
    if np.isnan(low):
        raise InputError(f"X contains NaN, first {place_of(np.isnan(X))}: fill such values, or leave these rows out")
    if np.isinf(low) or np.isinf(high):
        raise InputError(
            f"X contains infinity or a number too large for {X.dtype}, first {place_of(np.isinf(X))}: replace it, or "
            "leave these rows out"
        )
    if max(-low, high) > largest:
        raise InputError(
            f"X has values from {low:.3g} to {high:.3g}, a network learns from magnitudes up to {largest:g}: divide it "
            "by its largest value, or use scikit-learn's StandardScaler"
        )


def place_of(found: Array) -> str:
    """Row and column of the first True."""
    row, column = np.unravel_index(found.argmax(), found.shape)
    return f"in row {row}, column {column}"


def mean_length(X: Array) -> float:
    """√(mean of Σ x² over the examples) of X: (n, features), what the first layer's outputs grow with."""
    return float(np.sqrt(np.einsum("ij,ij->i", X, X).mean(dtype=np.float64)))


def root_mean_square(X: Array) -> float:
    """√(mean of x²) over all numbers of X: (n, features)."""
    return mean_length(X) / float(np.sqrt(X.shape[1]))
