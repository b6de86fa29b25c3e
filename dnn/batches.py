"""Mini-batches: shuffled, gathered into buffers that are made once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

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
        rng: draws the order, before the first batch.
        transform: makes a new array of the inputs of each batch (augmentation). It runs one batch ahead, in a thread of
            its own: NumPy and SciPy let go of the interpreter's lock while they compute.

    Yields:
        (X, Y) of one batch, in arrays that the batch after the next overwrites at the latest.
    """
    order = rng.permutation(len(X))
    batch_size = min(batch_size, len(X))
    X_buffer = np.empty((batch_size, *X.shape[1:]), X.dtype)
    Y_buffers = np.empty((2, batch_size, *Y.shape[1:]), Y.dtype)

    def gather(start: int) -> tuple[Array, Array]:
        rows = order[start : start + batch_size]
        Y_buffer = Y_buffers[start // batch_size % 2]
        # mode="clip" lets NumPy write straight into the buffer; the indices are in range by construction
        X_batch = np.take(X, rows, axis=0, out=X_buffer[: len(rows)], mode="clip")
        Y_batch = np.take(Y, rows, axis=0, out=Y_buffer[: len(rows)], mode="clip")
        return (transform(X_batch) if transform else X_batch), Y_batch

    starts = range(0, len(X), batch_size)
    if transform is None:
        yield from map(gather, starts)
        return
    with ThreadPoolExecutor(1) as worker:
        ahead = worker.submit(gather, 0)
        for start in starts[1:]:
            batch = ahead.result()
            ahead = worker.submit(gather, start)
            yield batch
        yield ahead.result()
