"""Workers that are killed in the midst of seeds: the table is the one of a run without."""

import logging
import random
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
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
    """A Dask cluster of two workers, which starts a new one in place of a dead one: for each try another, as it gives
    up one that dies while it starts.
    """
    yield from killed(project, f"{SEEDS} --backend dask --scheduler", cluster)


@contextmanager
def cluster() -> Iterator[str]:
    """The address of a cluster of two workers."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL) as made:
        yield made.scheduler_address


def killed(project: Path, words: str, last: Callable[[], AbstractContextManager[str]] = nullcontext) -> Iterator[str]:
    """What came of each time that the command, which ends with what `last` gives, lost one worker or two, at random
    moments.
    """
    rng, command = random.Random(7), [sys.executable, *shlex.split(words)]
    with copied(project) as folder, last() as word:
        (folder / "out/seeds.csv").unlink()
        started = time.monotonic()
        process = start([*command, word] if word else command, folder)
        said, _ = process.communicate()
        seconds, wanted = time.monotonic() - started, state(folder)
        if process.returncode:
            raise RuntimeError(said)
    while True:
        with copied(project) as folder, last() as word:
            (folder / "out/seeds.csv").unlink()
            process, ends = start([*command, word] if word else command, folder), 0
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
