"""Two of a command at once, in one project: the results are those of one, or the second says who is at work."""

import random
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from tests.soak.process import Process
from tests.soak.project import EXTRA, STAGES, copied, difference, remove, state, warm


def at_once(project: Path) -> Iterator[str]:
    """Each stage and command twice, the second at a random moment of the first."""
    warm()
    wanted, rng, seconds = state(project), random.Random(5), {}
    for command in cycle([*STAGES, *EXTRA]):
        with copied(project) as folder:
            if command not in seconds:
                remove(folder, command)
                started = time.monotonic()
                Process(folder, command).end()
                seconds[command] = time.monotonic() - started
            remove(folder, command)
            first = Process(folder, command)
            time.sleep(rng.uniform(0, 0.8) * seconds[command])
            second = Process(folder, command)
            ended = first.end(), second.end()
            trouble = "; ".join(process.trouble() for process in ended if process.status and not process.refused())
            if all(process.status for process in ended):
                trouble = trouble or f"neither came to its end: {first.trouble()}; {second.trouble()}"
            trouble = trouble or difference(state(folder), wanted)
            trouble = trouble or Process(folder, command).end().trouble() or difference(state(folder), wanted)
            yield f"two of {command}: {trouble}" if trouble else ""
