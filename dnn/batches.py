"""Mini-batches: shuffled, gathered into buffers that are made once."""

from collections.abc import Callable, Iterator

import numpy as np

from dnn.types import Array


def batches(
    X: Array, Y: Array, batch_size: int, rng: np.random.Generator, transform: Callable[[Array], Array] | None = None
) -> Iterator[tuple[Array, Array]]:
    """One epoch: every example once, in random order, the last batch smaller where the sizes do not divide.

    Args:
        X: (n, ...) inputs.
        Y: (n, classes) targets.
        batch_size: rows of a batch; a larger one than n means the full batch.
        rng: draws the order.
        transform: applied to the inputs of each batch (augmentation).

    Yields:
        (X, Y) of one batch, in arrays that the next batch overwrites.
    """
    order = rng.permutation(len(X))
    batch_size = min(batch_size, len(X))
    X_buffer = np.empty((batch_size, *X.shape[1:]), X.dtype)
    Y_buffer = np.empty((batch_size, *Y.shape[1:]), Y.dtype)
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        # mode="clip" lets NumPy write straight into the buffer; the indices are in range by construction
        X_batch = np.take(X, rows, axis=0, out=X_buffer[: len(rows)], mode="clip")
        Y_batch = np.take(Y, rows, axis=0, out=Y_buffer[: len(rows)], mode="clip")
        yield (transform(X_batch) if transform else X_batch), Y_batch
