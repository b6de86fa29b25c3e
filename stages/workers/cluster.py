"""Independent tasks on a Dask cluster.

Dask itself rather than joblib's backend for it, which waits forever for a task that was given up, and works in this
process where the cluster has one core.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from time import monotonic, sleep
from typing import Any, TypeVar
from uuid import uuid4

from dnn.base.blas import kernels
from dnn.base.errors import InputError
from dnn.base.extra import extra
from stages.project.kernels import VARIABLE

T = TypeVar("T")
R = TypeVar("R")

TRIES = 3  # of a task whose worker dies
CONNECT = 8.0  # seconds to reach the scheduler
WORKERS = 30.0  # seconds for the first worker to come, or to come back
LOOK, POLL = 5.0, 0.02  # seconds between looks for workers, and for results


def on_dask(
    function: Callable[[T, Any], R], tasks: Sequence[T], shared: Any, scheduler: str
) -> Iterator[tuple[int, R]]:
    """`stages.workers.parallel.run_all` on the cluster. Its scheduler tries the tasks of a dead worker again."""
    dask, distributed = extra("dask", "cluster"), extra("distributed", "cluster")
    try:
        client = distributed.Client(scheduler, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError):
        raise InputError(f"no Dask scheduler answers at {scheduler}; `dask scheduler` starts one") from None
    left = list(range(len(tasks)))
    with client:
        for _ in range(TRIES):
            need_workers(client, scheduler)
            places = list(client.scheduler_info()["workers"])
            if not places:
                continue
            name = f"{function.__name__}-{uuid4().hex}"
            work = partial(checked, function, kernels(), scheduler)
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"}):  # checkpoints are large
                # The data is a task's result, as Dask makes that again where it was lost with a worker.
                data = client.submit(itself, shared, key=f"shared-{uuid4().hex}", pure=False)
                sent = [
                    # Few tasks would all go where the data is; a place is where a task starts out.
                    client.submit(
                        work, tasks[n], data, key=(name, n), workers=[place], allow_other_workers=True, pure=False
                    )
                    for n, place in zip(left, cycle(places), strict=False)
                ]
            futures = dict(zip(sent, left, strict=True))
            del sent  # so that a result is forgotten once it has been given
            done = distributed.as_completed(list(futures), loop=client.loop, with_results=True, raise_errors=False)
            for future, result in as_they_end(done, client, scheduler):
                index = futures.pop(future)
                if future.status == "error":
                    raise explained(result[1], index)
                if future.status == "finished":
                    left.remove(index)
                    yield index, result
            if not left:
                return
    raise InputError(f"the Dask cluster at {scheduler} lost all of its workers {TRIES} times; see their logs")


def need_workers(client: Any, scheduler: str) -> None:
    """Raise InputError where the scheduler has no workers, and none comes for some time."""
    try:
        client.wait_for_workers(1, timeout=WORKERS)
    except TimeoutError:
        raise InputError(f"no workers at {scheduler}; `dask worker {scheduler}` starts one") from None


def as_they_end(done: Any, client: Any, scheduler: str) -> Iterator[tuple[Any, Any]]:
    """Futures with their results from Dask's `as_completed`, which would wait forever for workers that are all gone."""
    looked = monotonic()
    while not done.is_empty():
        if batch := list(done.next_batch(block=False)):
            yield from batch
        elif monotonic() - looked > LOOK:
            need_workers(client, scheduler)
            looked = monotonic()
        else:
            sleep(POLL)


def itself(shared: Any) -> Any:
    """The object that all tasks share, as the result of a task."""
    return shared


def checked(function: Callable[[T, Any], R], here: str, scheduler: str, task: T, shared: Any) -> R:
    """The result of a task; InputError on a worker that computes with other kernels than `here`, and so gives other
    bytes. By importing this module the worker has asked for the portable ones.
    """
    if (there := kernels()) != here:
        worker = extra("distributed", "cluster").get_worker().address
        raise InputError(
            f"the worker {worker} computes with {there} kernels, this command with {here}: other bytes; "
            f"start it with {VARIABLE}={here} dask worker {scheduler}"
        )
    return function(task, shared)


def explained(error: BaseException, index: int) -> BaseException:
    """The error that the function raised, or a line on what went wrong around it."""
    if type(error).__name__ == "KilledWorker":
        times = error.args[2] + 1  # how many the scheduler allows is its own setting
        return InputError(f"task {index} ended {times} workers; have they enough memory? see their logs")
    missing = error if isinstance(error, ModuleNotFoundError) else error.__cause__
    if isinstance(missing, ModuleNotFoundError):
        return InputError(f"the cluster has no module {missing.name}; start its processes with PYTHONPATH=PROJECT")
    return error
