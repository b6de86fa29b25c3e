"""A large mini-batch in several threads: NumPy lets go of the interpreter's lock while it computes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, Self, TypeVar

from dnn.base.chunks import chunks
from dnn.base.types import Array

T = TypeVar("T")
PARTS = 4  # pieces of a large mini-batch: the same for any number of threads, as sums depend on it
LARGE = 1 << 19  # elements from which pieces pay: starting one costs as much as some 100,000 multiplications


class Threads:
    """Runs pieces of work, in `count` threads, at least 1, while used as a context, one after the other otherwise.

    BLAS should have one thread then: its own threads would wait for each other.
    """

    def __init__(self, count: int = 1) -> None:
        self.count = count
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self.count > 1:
            self._pool = ThreadPoolExecutor(self.count)
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
        if not self._pool:
            return [call() for call in calls]
        # each in a copy of the context, which holds np.errstate
        return [job.result() for job in [self._pool.submit(copy_context().run, call) for call in calls]]

    def each(self, size: int, work: Callable[..., T], *arrays: Array) -> list[list[T]]:
        """Call work(piece, *rows of the arrays) for all `chunks` of `size` bytes in all pieces.

        Returns:
            What `work` returned: a list for each piece, with an item for each of its chunks. A sum of the pieces' own
            sums is the same for any number of threads.
        """

        def piece(number: int, *parts: Array) -> list[T]:
            return [work(number, *rows) for rows in chunks(size, *parts)]

        return self.run(piece, *arrays)
