"""Independent tasks on the cores of this machine, on a Dask cluster, or on Ray."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from uuid import uuid4
from warnings import catch_warnings

import numpy as np
import typer

from dnn.errors import InputError
from dnn.types import Array

T = TypeVar("T")
R = TypeVar("R")

BACKENDS = ("local", "dask", "ray")
TRIES = 3  # of a task whose worker dies

Backend = Annotated[str, typer.Option(help="where trainings run: local processes, dask, ray")]
Count = Annotated[int | None, typer.Option("--workers", min=1, help="local processes; by default one for each core")]
Scheduler = Annotated[str | None, typer.Option(help="address of the cluster, such as tcp://10.0.0.1:8786")]


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
        from stages import cluster

        run = cluster.on_dask if workers.backend == "dask" else cluster.on_ray
        yield from run(function, tasks, shared, workers.scheduler)


def on_processes(
    function: Callable[[T, Any], R], tasks: Sequence[T], shared: Any, count: int | None
) -> Iterator[tuple[int, R]]:
    """`run_all` on this machine. When a worker dies, loky ends the others, too: what ran in them is tried again."""
    import joblib

    cores = joblib.cpu_count()
    count = min(count or cores, len(tasks))
    if count == 1:
        yield from ((index, function(task, shared)) for index, task in enumerate(tasks))
        return
    parcel, left, tries = Parcel.of(shared), dict(enumerate(tasks)), Counter[int]()
    while left:
        begun: set[int] = set()

        def calls(waiting: dict[int, T], begun: set[int] = begun) -> Iterator[Any]:
            for index, task in waiting.items():
                begun.add(index)
                yield joblib.delayed(call)(function, index, task, parcel)

        with joblib.parallel_config("loky", n_jobs=count, inner_max_num_threads=max(cores // count, 1)):
            parallel = joblib.Parallel(
                return_as="generator_unordered", batch_size=1, pre_dispatch=count, max_nbytes=10_000
            )
        results = parallel(calls(dict(left)))
        try:
            for index, result in results:
                del left[index]
                yield index, result
        except BrokenProcessPool:
            tries.update(begun & left.keys())
            for index, times in tries.most_common(1):
                if times >= TRIES:
                    raise InputError(
                        f"task {index} was lost {times} times, as a process died; is there memory for {count} at "
                        "once? give fewer --workers"
                    ) from None
        finally:
            with catch_warnings(action="ignore"):  # that there are results which no one wants
                results.close()


@dataclass(frozen=True)
class Parcel:
    """An object, pickled once, for processes that unpickle it once; its arrays are mapped into memory, not copied."""

    key: str
    text: Array = field(compare=False)
    buffers: list[Array] = field(compare=False)

    @classmethod
    def of(cls, value: Any) -> "Parcel":
        buffers: list[pickle.PickleBuffer] = []
        text = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        return cls(uuid4().hex, np.frombuffer(text, np.uint8), [np.asarray(b.raw()) for b in buffers])


@lru_cache(maxsize=1)
def opened(parcel: Parcel) -> Any:
    """The object in the parcel."""
    return pickle.loads(parcel.text.data, buffers=parcel.buffers)  # noqa: S301 - from the process that started this one


def call(function: Callable[[T, Any], R], index: int, task: T, parcel: Parcel) -> tuple[int, R]:
    """What a process does for a task."""
    return index, function(task, opened(parcel))
