"""params.yaml with a fault: the check names it in one line, soon, whatever it is."""

import contextlib
import io
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stages import check
from stages.project import cli
from tests.soak.faults import FAULTS
from tests.soak.project import COMMANDS, PATHS, ROOT

SECONDS = 10  # of the processor that a check may take
LONGEST = 2000  # characters of the line
MEMORY = 1 << 32  # bytes of addresses, so that what fails to bound itself ends here
PROCESSES = 25  # one try in so many is a process of its own


def wrong(_: Path) -> Iterator[str]:
    """Files with one fault each, checked in this process or, now and then, in one of their own."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    shipped = (ROOT / "params.yaml").read_text(encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="soak-")))
        shutil.copy(ROOT / "dvc.yaml", folder)
        (folder / PATHS["start_from"]).mkdir(parents=True)
        os.mkfifo(folder / PATHS["start_from"] / "p")
        (folder / PATHS["start_from"] / "z").symlink_to("/dev/zero")
        patch.chdir(folder)
        patch.setenv("DVC_ROOT", str(folder))
        patch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
        patch.setattr(sys, "argv", words())
        number = 0
        while True:
            rng = random.Random(number)
            what, content = rng.choice(FAULTS)(shipped, rng)
            Path("params.yaml").write_bytes(content)
            outside = number % PROCESSES == 0
            trouble = judged(*(in_a_process(patch) if outside else in_this_one()))
            yield f"params.yaml number {number}, {what[:200]}: {trouble}" if trouble else ""
            number += 1


def words() -> list[str]:
    """The command of the check."""
    _, _, *command = COMMANDS["stages"]["check"]["cmd"].replace("${path.", "{").format(**PATHS).split()
    return command


def in_this_one() -> tuple[int, str, float]:
    """Exit status, standard error and seconds of the check."""
    said, started = io.StringIO(), time.process_time()
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(6 * SECONDS)
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            cli.run(check.main)
    except SystemExit as left:
        status = int(left.code or 0)
    except BaseException as error:
        status = 70
        said.write(f"{type(error).__name__}: {error}")
    finally:
        signal.alarm(0)
    return status, said.getvalue(), time.process_time() - started


def stop(*_: object) -> None:
    raise TimeoutError("the check hangs")


def in_a_process(patch: pytest.MonkeyPatch) -> tuple[int, str, float]:
    """The same of a process of its own, without the time that it takes to start."""
    patch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-m", *words()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=6 * SECONDS)
    except subprocess.TimeoutExpired:
        return 70, "it hangs", 0.0
    return done.returncode, done.stderr, 0.0


def judged(status: int, said: str, seconds: float) -> str:
    """What is wrong with that end; empty if nothing."""
    line = said.removesuffix("\n")
    if status != 1 or not line.startswith("error: ") or not line.isprintable() or len(line) > LONGEST:
        return f"status {status}, {len(said)} characters: {said[:300]!r} ... {said[-300:]!r}"
    return f"took {seconds:.1f} s" if seconds > SECONDS else ""
