"""Independent tasks on the cores of this machine, or on a Dask cluster."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer

from dnn.base.errors import InputError

T = TypeVar("T")
R = TypeVar("R")


class Engine(StrEnum):
    """A place for tasks: processes on this machine, or a Dask cluster."""

    LOCAL = "local"
    DASK = "dask"


Backend = Annotated[Engine, typer.Option(help="Where trainings run")]
Count = Annotated[int | None, typer.Option("--workers", min=1, help="Local processes, by default one for each core")]
Scheduler = Annotated[str | None, typer.Option(help="Address of the cluster, such as tcp://10.0.0.1:8786")]


@dataclass(frozen=True)
class Workers:
    """The workers that tasks run on."""

    backend: Engine = Engine.LOCAL
    count: int | None = None  # of local processes, at least 1; None: one for each core
    scheduler: str | None = None  # address of the cluster, which has the workers that it has

    def __post_init__(self) -> None:
        if self.backend == Engine.LOCAL and self.scheduler:
            raise InputError(f"--scheduler is {self.scheduler}, but --backend is local; it should be dask")
        if self.backend == Engine.DASK and self.count:
            raise InputError(f"--workers is {self.count}, but the workers of dask are those that it has")
        if self.backend == Engine.DASK and not self.scheduler:
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
    if not tasks:
        return
    if workers.scheduler:  # imported where it is used: `--help` should not wait for joblib
        from stages.workers.cluster import on_dask

        yield from on_dask(function, tasks, shared, workers.scheduler)
    else:
        from stages.workers.processes import on_processes

        yield from on_processes(function, tasks, shared, workers.count)
