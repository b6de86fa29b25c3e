"""Independent tasks in processes on this machine.

Through joblib's executor rather than its `Parallel`, which drops finished results when a process dies, and takes a
second to remove the files of the shared data.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import joblib
from joblib.externals.loky import cpu_count, get_reusable_executor

from dnn.base.errors import InputError
from stages.workers.cluster import TRIES

T = TypeVar("T")
R = TypeVar("R")

IDLE = 300  # seconds after which a process without work ends
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def on_processes(
    function: Callable[[T, Any], R], tasks: Sequence[T], shared: Any, count: int | None
) -> Iterator[tuple[int, R]]:
    """`stages.workers.parallel.run_all` on this machine.

    When a process dies, loky ends the others, too; what ran in them is tried again.
    """
    count = min(count or cpu_count(), len(tasks))
    if count <= 1:
        yield from ((index, function(task, shared)) for index, task in enumerate(tasks))
        return
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = str(Path(folder, "shared"))
        joblib.dump(shared, path)
        yield from retried(function, tasks, path, count)


def retried(function: Callable[[T, Any], R], tasks: Sequence[T], path: str, count: int) -> Iterator[tuple[int, R]]:
    """Results, with new processes in place of dead ones; no task waits in the queue of a process that may die."""
    limits = dict.fromkeys(THREADS, str(max(cpu_count() // count, 1)))
    waiting, running, tries = deque(range(len(tasks))), dict[Future[R], int](), Counter[int]()
    try:
        while waiting or running:
            executor = get_reusable_executor(count, timeout=IDLE, env=limits)
            with suppress(BrokenProcessPool):  # one died since then: what runs will say so
                while waiting and len(running) < count:
                    running[executor.submit(call, function, tasks[waiting[0]], path)] = waiting[0]
                    waiting.popleft()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                index = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    waiting.appendleft(index)
                    tries[index] += 1
                    if tries[index] == TRIES:
                        message = f"{TRIES} times a process died while task {index} ran; give fewer --workers"
                        raise InputError(f"{message} if {count} at once need more memory than there is") from None
                else:
                    yield index, result
    finally:
        if running:  # and no one wants the results
            while not all(future.running() or future.done() for future in running):  # else loky's thread may stumble
                time.sleep(0.001)
            executor.shutdown(kill_workers=True)


@lru_cache(maxsize=1)
def shared_object(path: str) -> Any:
    """The object that tasks share, read once in each process; its arrays are mapped into memory, not copied."""
    return joblib.load(path, mmap_mode="r")


def call(function: Callable[[T, Any], R], task: T, path: str) -> R:
    """`function(task, shared)` in a process that reads `shared` from a file."""
    return function(task, shared_object(path))
