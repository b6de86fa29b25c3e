"""Mini-batches: shuffled, gathered into buffers that are made once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate

import numpy as np

from dnn.base.types import Array


def batches(
    X: Array,
    *labels: Array,
    batch_size: int,
    rng: np.random.Generator,
    transform: Callable[[Array], Array] | None = None,
) -> Iterator[tuple[Array, ...]]:
    """One epoch: every example once, in random order, in batches of `batch_sizes`.

    Args:
        X: (n, ...) inputs.
        labels: arrays of n rows that go with them: targets, weights.
        batch_size: rows of a batch, but for the last ones; a larger one than n means the full batch.
        rng: draws the order, before the first batch.
        transform: makes a new array of the inputs of each batch (augmentation). It runs one batch ahead, in a thread of
            its own: NumPy and SciPy let go of the interpreter's lock while they compute.

    Yields:
        (X, *labels) of one batch, in arrays that the batch after the next overwrites at the latest.
    """
    order = rng.permutation(len(X))
    sizes = batch_sizes(len(X), batch_size)
    ends = list(accumulate(sizes))
    X_buffer = np.empty((max(sizes), *X.shape[1:]), X.dtype)
    label_buffers = [np.empty((2, max(sizes), *label.shape[1:]), label.dtype) for label in labels]

    def gather(number: int) -> tuple[Array, ...]:
        rows = order[ends[number] - sizes[number] : ends[number]]
        # mode="clip" lets NumPy write straight into the buffer; the indices are in range by construction
        X_batch = np.take(X, rows, axis=0, out=X_buffer[: len(rows)], mode="clip")
        taken = [
            np.take(label, rows, axis=0, out=buffer[number % 2, : len(rows)], mode="clip")
            for label, buffer in zip(labels, label_buffers, strict=True)
        ]
        return (transform(X_batch) if transform else X_batch), *taken

    if transform is None:
        yield from map(gather, range(len(sizes)))
        return
    with ThreadPoolExecutor(1) as worker:
        ahead = worker.submit(gather, 0)
        for number in range(1, len(sizes)):
            batch = ahead.result()
            ahead = worker.submit(gather, number)
            yield batch
        yield ahead.result()


def batch_sizes(examples: int, batch_size: int) -> list[int]:
    """Rows of each mini-batch of an epoch, together as many as there are examples.

    The last one takes what is left. Where that is less than half of `batch_size`, it and the one before share their
    examples evenly: each step weighs all its examples, so a few of them would decide a whole step, and the mean and
    variance that batch normalisation takes from them would be far from those of the others.
    """
    full, rest = divmod(examples, batch_size)
    if not rest:
        return [batch_size] * full
    if not full or rest >= batch_size / 2:
        return [batch_size] * full + [rest]
    both = batch_size + rest
    return [batch_size] * (full - 1) + [both - both // 2, both // 2]
