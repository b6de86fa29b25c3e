"""Large layers in several threads: NumPy lets go of the interpreter's lock while it computes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

import numpy as np

from dnn.base.types import Array

PARTS = 4  # pieces of a large mini-batch: the same for any number of threads, as sums depend on it
LARGE = 1 << 19  # elements from which pieces pay: starting one costs as much as some 100,000 multiplications


class Threads:
    """Runs pieces of work, in `count` threads while used as a context, one after the other otherwise.

    BLAS should have one thread then: its own threads would wait for each other.

    Args:
        count: at least 1.
    """

    def __init__(self, count: int = 1) -> None:
        self.count = count
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        if self.count > 1:
            self._pool = ThreadPoolExecutor(self.count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.shutdown()
            self._pool = None

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """A copied layer computes in the threads of the original."""
        return self

    def run(self, work: Callable[[int, slice], None], examples: int, elements: int) -> int:
        """Call work(piece, rows) for the pieces of a mini-batch; they may not touch the same memory.

        Args:
            work: gets the number of the piece, from 0, and its rows.
            examples: rows of the mini-batch.
            elements: how much work it is; a small one is one piece.

        Returns:
            The number of pieces. It depends on the sizes alone.
        """
        if elements < LARGE:
            work(0, slice(0, examples))
            return 1
        pieces = min(PARTS, examples)
        ends = [examples * piece // pieces for piece in range(pieces + 1)]
        rows = [slice(start, stop) for start, stop in pairwise(ends)]
        if self._pool:
            # each in a copy of the context, which holds np.errstate
            jobs = [self._pool.submit(copy_context().run, work, number, part) for number, part in enumerate(rows)]
            for job in jobs:
                job.result()
        else:
            for number, part in enumerate(rows):
                work(number, part)
        return pieces

    def apply(self, ufunc: np.ufunc, *inputs: Any, out: Array) -> None:
        """out = ufunc(*inputs), element by element.

        Args:
            ufunc: one of NumPy's functions with one result.
            inputs: numbers, and arrays that have as many axes as `out` or belong to each of its rows.
        """
        if out.size < LARGE:
            ufunc(*inputs, out=out)
            return

        def piece(_: int, rows: slice) -> None:
            ufunc(*(x[rows] if np.ndim(x) == out.ndim else x for x in inputs), out=out[rows])

        self.run(piece, len(out), out.size)
