"""A mini-batch a few rows at a time: what one operation writes is still in the caches when the next one reads it."""

from collections.abc import Iterator

from dnn.base.types import Array


def chunks(size: int, *arrays: Array, row: int = 0) -> Iterator[list[Array]]:
    """Cut arrays of equal length into views of consecutive rows, the same rows of each.

    Args:
        size: bytes of one chunk; where a single row takes more, a chunk is one row.
        arrays: (rows, ...) each; a flat vector has rows of one element.
        row: bytes that the work on a row takes; 0 means those of a row of the first array.
    """
    step = max(1, size // max(1, row or arrays[0][:1].nbytes))
    for start in range(0, len(arrays[0]), step):
        yield [A[start : start + step] for A in arrays]
