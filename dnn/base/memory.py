"""Where arrays lie in memory, and the memory that is freed and soon needed again."""

from typing import Any

import numpy as np

from dnn.base.types import Array

KEPT = 2**24  # bytes: above any distorted mini-batch, below the 32 MiB up to which glibc adapts its threshold
LINE = 64  # bytes of a line of the cache


def keep_freed_memory() -> None:
    """Make glibc keep freed arrays of up to `KEPT` bytes for the next ones, in place of giving them back to the system.

    To fault the pages of a new array in again takes as long as some layers, and longer than to distort a mini-batch.
    glibc takes large blocks from the system one by one; when one of them is freed, blocks of up to its size are kept
    from then on (mallopt(3), M_MMAP_THRESHOLD). So one is taken here, and freed at once.
    """
    block = np.empty(KEPT, np.uint8)
    del block


def aligned_zeros(length: int, dtype: Any) -> Array:
    """A vector that begins with a line of the cache: to read it takes up to a third less time than from within one."""
    spare = LINE // np.dtype(dtype).itemsize
    vector = np.zeros(length + spare, dtype)
    start = -vector.ctypes.data % LINE // vector.itemsize
    return vector[start : start + length]
