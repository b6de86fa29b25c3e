"""Mini-batches whose examples are mixed with each other, or have a piece cut out."""

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array, Shape
from dnn.batches.augmentation import side_of


def mixup(
    X: Array, Y: Array, alpha: float, rng: np.random.Generator, weights: Array | None = None
) -> tuple[Array, Array, Array | None]:
    """λ x + (1 - λ) x' and the same for the labels, with x' another example of the batch and λ ~ Beta(α, α).

    Args:
        X: (batch, ...) inputs.
        Y: (batch, classes) labels.
        alpha: above 0; the smaller, the less is mixed.
        rng: draws λ, one for the batch, and the partners.
        weights: (batch,) of the examples in the loss; a label counts as much as its example.

    Returns:
        Inputs, labels and weights of the mixed batch.

    Source: Zhang et al. 2018, "mixup: beyond empirical risk minimization", eq. 1.
    """
    share = X.dtype.type(rng.beta(alpha, alpha))
    partner = rng.permutation(len(X))
    X = share * X + (1 - share) * X[partner]
    if weights is None:
        return X, share * Y + (1 - share) * Y[partner], None
    first, second = share * weights, (1 - share) * weights[partner]
    total = first + second
    shares = first / np.where(total > 0, total, 1)
    return X, shares[:, None] * Y + (1 - shares[:, None]) * Y[partner], total


def check_cutout(size: int, input_shape: Shape) -> None:
    """Raise InputError where the square does not fit into such images: (height, width, channels), or (pixels,)."""
    side = side_of(input_shape[0], "cutout") if len(input_shape) == 1 else min(input_shape[:2])
    if size > side:
        raise InputError(f"cutout is {size}, it should be at most {side}, the images' side")


def cutout(X: Array, size: int, rng: np.random.Generator) -> Array:
    """A copy of the images, in each of which a square of `size` pixels, anywhere, is 0; at the border less of it shows.

    Args:
        X: (batch, height, width, channels), or (batch, pixels) of square images.
        size: pixels along one side of the square, at least 1.
        rng: draws its middle.

    Source: DeVries & Taylor 2017, "Improved regularization of convolutional neural networks with cutout".
    """
    side = side_of(X.shape[1], "cutout") if X.ndim == 2 else X.shape[1]
    images = X.reshape(len(X), side, -1, X.shape[3] if X.ndim == 4 else 1)
    height, width = images.shape[1:3]
    top = rng.integers(0, height, (len(X), 1)) - size // 2
    left = rng.integers(0, width, (len(X), 1)) - size // 2
    rows, columns = np.arange(height), np.arange(width)
    hidden_rows, hidden_columns = (rows >= top) & (rows < top + size), (columns >= left) & (columns < left + size)
    hidden = hidden_rows[:, :, None] & hidden_columns[:, None, :]
    return np.where(hidden[..., None], X.dtype.type(0), images).reshape(X.shape)
