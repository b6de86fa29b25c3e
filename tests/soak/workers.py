"""Workers that are killed in the midst of seeds: the table is the one of a run without."""

import logging
import random
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from tests.soak.kills import start
from tests.soak.project import copied, difference, state

SEEDS = "-m stages.seeds --seeds 4 -S train.epochs=40 --table out/seeds.csv"
WORKING = "LokyProcess", "spawn_main"  # what the command line of a worker has: of joblib's, of Dask's


def local(project: Path) -> Iterator[str]:
    """Two processes of this machine."""
    yield from killed(project, f"{SEEDS} --workers 2")


def dask(project: Path) -> Iterator[str]:
    """A Dask cluster of two workers, which starts a new one in place of a dead one."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
    ) as cluster:
        yield from killed(project, f"{SEEDS} --backend dask --scheduler {cluster.scheduler_address}")


def killed(project: Path, words: str) -> Iterator[str]:
    """What came of each time that the command lost one worker or two, at random moments."""
    rng, command = random.Random(7), [sys.executable, *shlex.split(words)]
    with copied(project) as folder:
        (folder / "out/seeds.csv").unlink()
        started = time.monotonic()
        process = start(command, folder)
        said, _ = process.communicate()
        seconds, wanted = time.monotonic() - started, state(folder)
        if process.returncode:
            raise RuntimeError(said)
    while True:
        with copied(project) as folder:
            (folder / "out/seeds.csv").unlink()
            process, ends = start(command, folder), 0
            for _ in range(rng.choice([1, 1, 2])):
                time.sleep(rng.uniform(0.2, 0.5) * seconds)
                while process.poll() is None and not kill_one(rng):
                    time.sleep(0.02)
                ends += process.poll() is None
            said, _ = process.communicate()
            trouble = said[-600:] if process.returncode else difference(state(folder), wanted)
            if ends:
                yield f"{words}, {ends} workers killed: {trouble}" if trouble else ""


def kill_one(rng: random.Random) -> bool:
    """Kill a worker among the descendants of this process, if there is one."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if any(word in part for part in child.cmdline() for word in WORKING):
                found.append(child)
    if found:
        with suppress(psutil.NoSuchProcess):
            rng.choice(found).kill()
            return True
    return False
