"""A large mini-batch in several threads, and a few rows at a time.

NumPy lets go of the interpreter's lock while it computes. And what one operation writes is still in the caches when the
next one reads it, where both work on a few rows before they go on to the others.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import partial
from typing import Any, Self, TypeVar

import numpy as np

from dnn.base.kinds import Kind, whole
from dnn.base.types import Array

T = TypeVar("T")
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # which joblib and Dask set for their workers, too
PARTS = 4  # pieces of a large mini-batch: the same for any number of threads, as sums depend on it
LARGE = 1 << 19  # elements from which pieces pay: starting one costs as much as some 100,000 multiplications
HALVES = 1 << 26  # multiplications from which two halves of a product pay


def count_or_auto(value: Any) -> int | str:
    """A number of threads, or "auto"."""
    if isinstance(value, str) and value == "auto":
        return value
    if not 1 <= (count := whole(value)) <= 256:
        raise ValueError
    return count


THREADS = Kind("auto or a whole number from 1 to 256", count_or_auto)


def available() -> int:
    """Threads that this process may keep busy: its cores, or fewer where the usual variables say so."""
    limits = [int(value) for name in VARIABLES if (value := os.environ.get(name, "")).isdecimal()]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *limits]))


class Threads:
    """Runs pieces of work, in `count` threads while used as a context, one after the other otherwise.

    BLAS should have one thread then: its own spin while they wait for each other, and take the cores from other work.

    Args:
        count: at least 1; "auto": as many as are `available`, but no more than there are pieces.
    """

    def __init__(self, count: int | str = 1) -> None:
        self.count = min(available(), PARTS) if isinstance(count, str) else count
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self.count > 1:
            self._pool = ThreadPoolExecutor(self.count - 1)
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown()
            self._pool = None

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """A copied layer computes in the threads of the original."""
        return self

    def run(self, work: Callable[..., T], *arrays: Array, elements: int | None = None) -> list[T]:
        """Call work(piece, *rows of the arrays) for each piece of a mini-batch; pieces may not write the same memory.

        Args:
            work: gets the number of the piece, from 0, and the piece's rows of each array.
            arrays: of equal length, inputs and outputs alike.
            elements: how much work it is, below `LARGE` a single piece; None means the elements of the first array.

        Returns:
            What `work` returned, piece by piece. The pieces depend on the sizes alone, so that a sum over them is the
            same for any number of threads.
        """
        if (arrays[0].size if elements is None else elements) < LARGE:
            return [work(0, *arrays)]
        length = len(arrays[0])
        pieces = min(PARTS, length)
        ends = [length * piece // pieces for piece in range(pieces + 1)]
        calls = [partial(work, n, *(A[ends[n] : ends[n + 1]] for A in arrays)) for n in range(pieces)]
        return self._all(calls)

    def each(self, size: int, work: Callable[..., T], *arrays: Array) -> list[list[T]]:
        """Call work(piece, *rows of the arrays) for all `chunks` of `size` bytes in all pieces.

        Returns:
            What `work` returned: a list for each piece, with an item for each of its chunks. A sum of the pieces' own
            sums is the same for any number of threads.
        """

        def piece(number: int, *parts: Array) -> list[T]:
            return [work(number, *rows) for rows in chunks(size, *parts)]

        return self.run(piece, *arrays)

    def dot(self, A: Array, B: Array, out: Array) -> Array:
        """A B of (m, k) and (k, n), each half of a large result a product of its own."""
        (m, k), n = A.shape, B.shape[1]
        if m * k * n < HALVES:
            return np.dot(A, B, out=out)
        cut = max(m, n) // 2
        rows, columns = (A, A), (B, B)
        if m >= n:
            rows, results = (A[:cut], A[cut:]), (out[:cut], out[cut:])
        else:
            columns, results = (B[:, :cut], B[:, cut:]), (out[:, :cut], out[:, cut:])
        self._all([partial(np.matmul, *factors) for factors in zip(rows, columns, results, strict=True)])
        return out

    def _all(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """The results of these calls. Each thread takes the next one, this thread among them."""
        if not self._pool:
            return [call() for call in calls]
        results: dict[int, T] = {}
        left = deque(enumerate(calls))

        def take() -> None:
            while True:
                try:
                    number, call = left.popleft()
                except IndexError:  # none is left
                    return
                results[number] = call()

        # each in a copy of the context, which holds np.errstate
        others = [self._pool.submit(copy_context().run, take) for _ in range(min(self.count, len(calls)) - 1)]
        try:
            take()
        finally:
            wait(others)
        for other in others:
            other.result()
        return [results[number] for number in range(len(calls))]


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
