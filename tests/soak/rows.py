"""The rows of the soak test, and one of them run in this process."""

import json
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import stages  # noqa: F401 - first, as it chooses the kernels that NumPy computes with

# isort: split

from tests.soak import attack, disks, kills, mirrors, odd, offline, pairs, parameters, workers
from tests.soak.readers import READERS

TOLD = 5  # failures that are kept
MARK = "result: "  # before each in what a process prints


@dataclass(frozen=True)
class Row:
    """One idea of what may go wrong.

    Args:
        what: for people.
        tries: given the folder of a small project, does one try after the other and yields what went wrong in each,
            empty if nothing.
        most: tries; None: all that there are.
        share: of the time beyond that.
        least: tries, whatever time they take.
        start: seconds until the first tries are done, where two rows share a slow machine.
        alone: whether it needs no project.
    """

    what: str
    tries: Callable[[Path], Iterator[str]]
    most: int | None
    share: float
    least: int = 1
    start: float = 5
    alone: bool = False


@dataclass
class Result:
    """What came of a row: seconds that it took, and the most memory, in MB, of any of its processes."""

    name: str
    what: str
    most: int | None
    tried: int = 0
    failed: int = 0
    seconds: float = 0.0
    peak_memory: int = 0
    whole: bool = False  # whether all tries were made, and not as many as there was time for
    failures: list[str] = field(default_factory=list)

    @classmethod
    def last(cls, said: str) -> "Result | None":
        """The one that a row's process wrote last, among all else."""
        lines = [line for line in said.splitlines() if line.startswith(MARK)]
        return cls(**json.loads(lines[-1].removeprefix(MARK))) if lines else None


ROWS = {
    "changes": Row("a command is killed before each change of a file", kills.at_every_change, None, 70, 3),
    "repro": Row("`dvc repro` is killed at a random moment", kills.repro, 20, 35, start=30, alone=True),
    "training": Row("a training is killed at a random moment", kills.training, 20, 5, start=10),
    **{
        f"reader: {name}": Row(
            f"changed input of the reader of {reader.what}",
            partial(attack.tries, name),
            100_000,
            reader.share,
            100,
            start=1,
            alone=True,
        )
        for name, reader in READERS.items()
    },
    "parameters": Row("params.yaml has a fault", parameters.wrong, 500, 3, 30, start=2, alone=True),
    "odd files": Row("a pipe, a device or a folder in place of a file", odd.files, None, 5, 7),
    "mirrors": Row("a mirror over HTTPS misbehaves", mirrors.misbehaving, 300, 12, 10, start=3, alone=True),
    "full": Row("the disk is full", disks.full, None, 14, 3),
    "read-only": Row("the disk is read-only", disks.refusing, None, 3, 3),
    "pairs": Row("a command runs twice at once", pairs.at_once, 56, 10, 3),
    "offline": Row("a command without a network", offline.every_command, None, 2, 4),
    "local workers": Row("local workers are killed in the midst of seeds", workers.local, 20, 20, start=20),
    "Dask workers": Row("Dask workers are killed in the midst of seeds", workers.dask, 20, 20, start=25),
}


def measured(name: str, seconds: float, project: Path, tell: Callable[[Result], object] = lambda _: None) -> Result:
    """Run the row for so many seconds, or less; call `tell` with what has come of it now and then."""
    row, started = ROWS[name], time.monotonic()
    result, told = Result(name, row.what, row.most), started
    try:
        for trouble in islice(row.tries(project), row.most):
            result.tried += 1
            if trouble:
                result.failed += 1
                result.failures += [" ".join(trouble.split())][: TOLD - len(result.failures)]
            now = time.monotonic()
            if trouble or now > told + 1:
                tell(measure(result, started))
                told = now
            if now - started > seconds and result.tried >= row.least and result.tried != row.most:
                break
        else:
            result.whole = True
    except BaseException:  # the test itself fails
        result.failed += 1
        result.failures.append(traceback.format_exc())
    return measure(result, started)


def measure(result: Result, started: float) -> Result:
    """The same, with the time and memory that it took until now."""
    result.seconds = round(time.monotonic() - started, 1)
    usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    result.peak_memory = max(usage) * (1 if sys.platform == "darwin" else 1024) // 10**6
    return result


def write(result: Result) -> None:
    """Print the result in a line, for `Result.last`."""
    sys.stdout.write(f"\n{MARK}{json.dumps(asdict(result))}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    write(measured(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]), write))
