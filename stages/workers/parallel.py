"""Independent tasks on the cores of this machine, on a Dask cluster, or on Ray."""

import pickle
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, TypeVar

import numpy as np
import typer

from dnn.base.errors import InputError
from stages.workers import cluster

T = TypeVar("T")
R = TypeVar("R")

BACKENDS = ("local", "dask", "ray")
IDLE = 300  # seconds after which a process without work ends
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

Backend = Annotated[str, typer.Option(help="Where trainings run: local processes, dask, ray")]
Count = Annotated[int | None, typer.Option("--workers", min=1, help="Local processes, by default one for each core")]
Scheduler = Annotated[str | None, typer.Option(help="Address of the cluster, such as tcp://10.0.0.1:8786")]


@dataclass(frozen=True)
class Workers:
    """Where tasks run.

    Args:
        backend: local (processes on this machine), dask or ray.
        count: of local processes, at least 1; None: one for each core. A cluster has the workers that it has.
        scheduler: address of the cluster; for dask needed, for ray None starts one on this machine.
    """

    backend: str = "local"
    count: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise InputError(f"--backend is {self.backend}, it should be one of {', '.join(BACKENDS)}")
        if self.backend == "local" and self.scheduler:
            raise InputError(f"--scheduler is {self.scheduler}, but --backend is local; it should be dask or ray")
        if self.backend != "local" and self.count:
            raise InputError(f"--workers is {self.count}, but the workers of {self.backend} are those that it has")
        if self.backend == "dask" and not self.scheduler:
            raise InputError("--backend dask needs --scheduler; `dask scheduler` starts one and prints its address")


def run_all(
    function: Callable[[T, Any], R], tasks: Sequence[T], shared: Any, workers: Workers
) -> Iterator[tuple[int, R]]:
    """Give (index, function(task, shared)) of each task, as they complete.

    `shared` travels once to each worker. A worker that dies loses only what was running, which is tried again. What
    the function raises ends it all. Neither the number of workers nor the backend changes a result.

    Args:
        function: defined at the top of a module, as workers import it.
        shared: what all tasks read and none changes.

    Raises:
        InputError: a package is not installed, the cluster cannot be reached, or a task ended its worker three times.
    """
    if workers.backend == "local":
        yield from on_processes(function, tasks, shared, workers.count)
    else:
        run = cluster.on_dask if workers.backend == "dask" else cluster.on_ray
        yield from run(function, tasks, shared, workers.scheduler)


def on_processes(
    function: Callable[[T, Any], R], tasks: Sequence[T], shared: Any, count: int | None
) -> Iterator[tuple[int, R]]:
    """`run_all` on this machine. When a worker dies, loky ends the others, too: what ran in them is tried again.

    Through joblib's executor rather than its `Parallel`, which drops finished results when a process dies, and takes a
    second to remove the files of the shared data.
    """
    import joblib

    count = min(count or joblib.cpu_count(), len(tasks))
    if count <= 1:
        yield from ((index, function(task, shared)) for index, task in enumerate(tasks))
        return
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        pack(shared, Path(folder))
        yield from retried(function, tasks, folder, count)


def retried(function: Callable[[T, Any], R], tasks: Sequence[T], folder: str, count: int) -> Iterator[tuple[int, R]]:
    """Results, with new processes in place of dead ones; no task waits in the queue of a process that may die."""
    import joblib
    from joblib.externals.loky import get_reusable_executor

    limits = dict.fromkeys(THREADS, str(max(joblib.cpu_count() // count, 1)))
    waiting, running, tries = deque(range(len(tasks))), dict[Future[R], int](), Counter[int]()
    try:
        while waiting or running:
            executor = get_reusable_executor(count, timeout=IDLE, env=limits)
            with suppress(BrokenProcessPool):  # one died since then: what runs will say so
                while waiting and len(running) < count:
                    running[executor.submit(call, function, tasks[waiting[0]], folder)] = waiting[0]
                    waiting.popleft()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                index = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    waiting.appendleft(index)
                    tries[index] += 1
                    if tries[index] == cluster.TRIES:
                        message = f"{cluster.TRIES} times a process died while task {index} ran; give fewer --workers"
                        raise InputError(f"{message} if {count} at once need more memory than there is") from None
                else:
                    yield index, result
    finally:
        if running:  # and no one wants the results
            while not all(future.running() or future.done() for future in running):  # else loky's thread may stumble
                time.sleep(0.001)
            executor.shutdown(kill_workers=True)


def pack(value: Any, folder: Path) -> None:
    """Pickle an object into files, one for each of its arrays, so that processes can map these into memory."""
    buffers: list[pickle.PickleBuffer] = []
    (folder / "object").write_bytes(pickle.dumps(value, protocol=5, buffer_callback=buffers.append))
    for number, buffer in enumerate(buffers):
        (folder / f"{number}").write_bytes(buffer.raw())


@lru_cache(maxsize=1)
def unpacked(folder: str) -> Any:
    """The object that `pack` left there, unpickled once in each process; its arrays are mapped, not copied."""
    paths = sorted(Path(folder).glob("[0-9]*"), key=lambda path: int(path.name))
    buffers = [np.memmap(path, mode="r") if path.stat().st_size else b"" for path in paths]
    return pickle.loads(Path(folder, "object").read_bytes(), buffers=buffers)  # noqa: S301 - of the parent process


def call(function: Callable[[T, Any], R], task: T, folder: str) -> R:
    """What a process does for a task."""
    return function(task, unpacked(folder))
