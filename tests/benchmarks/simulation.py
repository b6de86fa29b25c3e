"""Many workers of a Dask cluster, simulated by threads of this process that sleep for as long as a training takes.

Scheduler and `stages.workers.parallel.run_all` are the real ones, and share one core with all of the workers. Messages
stay in this process; data and models do not travel.
"""

import logging
import time
from typing import Any

from dnn.base.extra import extra
from stages.workers.parallel import Workers, run_all

OWN_COSTS = {  # of each worker for watching itself, which real workers pay from cores of their own
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "60s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.admin.tick.interval": "60s",
    "distributed.admin.tick.cycle": "60s",
}


def simulate(workers: int, seconds: float, rounds: int) -> dict[str, Any]:
    """The time of `rounds` tasks for each worker, and by which part of the ideal it is longer."""
    dask, distributed = extra("dask", "cluster"), extra("distributed", "cluster")
    with dask.config.set(OWN_COSTS), distributed.LocalCluster(
        n_workers=workers, processes=False, threads_per_worker=1, memory_limit=0,
        dashboard_address=None, silence_logs=logging.CRITICAL,
    ) as cluster:  # fmt: skip
        cluster.wait_for_workers(workers)
        tasks, where = [seconds] * (rounds * workers), Workers("dask", scheduler=cluster.scheduler_address)
        start = time.perf_counter()
        done = sorted(index for index, _ in run_all(sleep, tasks, None, where))
        elapsed = time.perf_counter() - start
    assert done == list(range(len(tasks)))
    ideal = rounds * seconds
    return {
        "workers": workers,
        "tasks": len(tasks),
        "elapsed": elapsed,
        "ideal": ideal,
        "overhead": elapsed / ideal - 1,
    }


def sleep(seconds: float, _: None) -> None:
    time.sleep(seconds)
