"""An attack on a reader: it reads what was changed, or refuses it in one line, in bounded memory and time."""

import os
import resource
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dnn.base.errors import InputError
from tests.soak.mutations import in_bytes
from tests.soak.readers import READERS, Reader

LONGEST = 500  # characters of a line, the folder's name apart
MEMORY = 600_000_000  # bytes that any of the inputs may take
FINE = "read", "refused"
MOST_FAULTS = 3  # mutations of one input
FEW = 0.05  # share of the costly inputs that is tried
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@dataclass
class Tally:
    """The result of an attack: `failures` name the input by seed and number, from which `mutated` makes it again."""

    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)  # those of `FINE`
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds
    peak: int = 0  # bytes beyond those at the beginning, at any time


def attack(name: str, number: int, seed: int = 0) -> Tally:
    """Have the reader of that name read so many changed inputs."""
    tally, before = Tally(), most_memory()
    for outcome, seconds in islice(outcomes(name, seed), number):
        tally.tried += 1
        tally.slowest, tally.peak = max(tally.slowest, seconds), most_memory() - before
        if outcome in FINE:
            tally.outcomes[outcome] += 1
        else:
            tally.failures.append(outcome)
    return tally


def tries(name: str, _: Path) -> Iterator[str]:
    """What went wrong in each of endless tries; empty if nothing."""
    for outcome, _seconds in outcomes(name, 1):
        yield "" if outcome in FINE else outcome


def outcomes(name: str, seed: int) -> Iterator[tuple[str, float]]:
    """What came of each changed input, and the seconds that reading it took."""
    reader, before = READERS[name], most_memory()
    with TemporaryDirectory(dir=IN_MEMORY) as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        reads = reader.make(Path(folder))
        valid = {path: path.read_bytes() for path in reads}
        paths = list(valid)
        for path in paths:
            reads[path](path)  # as it is
        for number in count():
            rng = np.random.default_rng([seed, number])
            path = paths[rng.integers(len(paths))]
            changed = mutated(reader, valid[path], rng)
            if reader.is_costly(changed) and rng.random() > FEW:
                continue
            path.write_bytes(changed)
            started = time.process_time()
            outcome = told(lambda read=reads[path], path=path: read(path), folder)
            seconds = time.process_time() - started
            path.write_bytes(valid[path])
            if seconds > reader.seconds:
                outcome = f"took {seconds:.1f} s"
            if (taken := most_memory() - before) > MEMORY:
                outcome = f"took {taken:,} bytes"
                before = most_memory()
            yield (
                outcome if outcome in FINE else f"{name} {path.name}, seed {seed}, number {number}: {outcome}",
                seconds,
            )


def mutated(reader: Reader, data: bytes, rng: np.random.Generator) -> bytes:
    """The file with faults: inside of it first, where it still is one."""
    if rng.random() < 0.7:
        data = reader.inside(data, rng)
    else:
        for _ in range(rng.integers(1, MOST_FAULTS + 1)):
            data = in_bytes(data, rng)
    return data


def told(read, folder: str) -> str:
    """What came of reading: read, refused, or what is wrong with either."""
    try:
        read()
    except InputError as error:
        line = str(error).replace(folder, "")
        fine = line and "\n" not in line and len(line) <= LONGEST and line.isprintable()
        return "refused" if fine else f"a message of {len(line)} characters: {line[:2000]!r}"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-3:]
        return f"{type(error).__name__}: {str(error)[:200]} at {[f'{Path(f.filename).name}:{f.lineno}' for f in last]}"
    return "read"


def most_memory() -> int:
    """The most bytes that this process has ever had at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
