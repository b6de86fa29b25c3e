"""Wait for experiments in DVC's queue, and keep its worker going.

Its workers are known to stop while there is work, and one that was killed leaves its experiment running for ever.
"""

import time
from collections.abc import Iterator, Sequence

from dnn.base.errors import InputError
from stages.project.dvc import dvc, queue_status, start
from stages.project.git import experiment_references

POLL = 1.0  # seconds between two looks at git's references, which cost milliseconds
CHECK = 10.0  # seconds without news after which DVC itself is asked, which costs it a second of computing
SILENT = 3  # such answers without any worker after which one that seems to run an experiment is taken for dead
RESTARTS = 3  # of a worker before giving up


def wait(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each name as it ends, with done, failed, gone (taken out of the queue) or lost (its worker died).

    A worker that stopped while there was work is started again.

    Raises:
        InputError: workers keep stopping.
    """
    pending, news, silent, restarts = set(names), time.monotonic(), 0, 0
    while pending:
        ended = dict.fromkeys(pending & finished_names(), "done")
        if ended:
            restarts = silent = 0
        elif time.monotonic() - news > CHECK:
            found, workers = queue_status()
            # What is done and in git is seen above, so that a success which is not there was removed.
            known = {task.name: task.status for task in found if task.status != "done"}
            status = {name: "done" if name in finished_names() else known.get(name, "gone") for name in pending}
            ended = {name: now for name, now in status.items() if now in ("done", "failed", "gone")}
            running = [name for name in pending - set(ended) if status[name] == "running"]
            silent = 0 if workers or ended else silent + 1
            if silent >= (SILENT if running else 1):
                if restarts == RESTARTS:
                    raise InputError(
                        "DVC's queue worker keeps stopping (.dvc/tmp/exps/celery/*.out may say why); "
                        "the same command goes on with what is missing"
                    )
                if running:  # they would wait for their worker forever
                    dvc("queue", "kill", *running)
                    ended = dict.fromkeys(running, "lost")
                start()
                restarts, silent = restarts + 1, 0
            news = time.monotonic()
        if ended:
            news = time.monotonic()
            yield from sorted(ended.items())
            pending -= set(ended)
        if pending:
            time.sleep(POLL)


def finished_names() -> set[str]:
    """The names of all experiments that are done."""
    return {name for _, _, name in experiment_references()}
