"""Mini-batches: shuffled, gathered into buffers that are made once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dnn.base.types import Array


def batches(
    X: Array,
    *labels: Array,
    batch_size: int,
    rng: np.random.Generator,
    transform: Callable[[Array], Array] | None = None,
) -> Iterator[tuple[Array, ...]]:
    """One epoch: every example once, in random order, the last batch smaller where the sizes do not divide.

    Args:
        X: (n, ...) inputs.
        labels: arrays of n rows that go with them: targets, weights.
        batch_size: rows of a batch; a larger one than n means the full batch.
        rng: draws the order, before the first batch.
        transform: makes a new array of the inputs of each batch (augmentation). It runs one batch ahead, in a thread of
            its own: NumPy and SciPy let go of the interpreter's lock while they compute.

    Yields:
        (X, *labels) of one batch, in arrays that the batch after the next overwrites at the latest.
    """
    order = rng.permutation(len(X))
    batch_size = min(batch_size, len(X))
    X_buffer = np.empty((batch_size, *X.shape[1:]), X.dtype)
    label_buffers = [np.empty((2, batch_size, *label.shape[1:]), label.dtype) for label in labels]

    def gather(start: int) -> tuple[Array, ...]:
        rows = order[start : start + batch_size]
        # mode="clip" lets NumPy write straight into the buffer; the indices are in range by construction
        X_batch = np.take(X, rows, axis=0, out=X_buffer[: len(rows)], mode="clip")
        turn = start // batch_size % 2
        taken = [
            np.take(label, rows, axis=0, out=buffer[turn, : len(rows)], mode="clip")
            for label, buffer in zip(labels, label_buffers, strict=True)
        ]
        return (transform(X_batch) if transform else X_batch), *taken

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
