"""A Python process that is ended, with all that it started, where it goes on for too long."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import psutil


@dataclass
class End:
    """The end of a process.

    Args:
        status: its exit status; None: there was no time for it.
        said: on standard output and error.
        silent: seconds since it said something.
    """

    status: int | None
    said: str
    silent: float


def ended(words: Sequence[str | Path], last: float, temporary: Path) -> End:
    """Python with these arguments, until it ends or `time.monotonic` comes to `last`; its temporaries are in a folder,
    as those of who is killed stay.
    """
    environment = os.environ | {"TMPDIR": str(temporary)}
    with TemporaryFile("w+", errors="backslashreplace") as said:  # of a pipe, also the last orphan would have to let go
        process = subprocess.Popen([sys.executable, *words], env=environment, stdout=said, stderr=subprocess.STDOUT)
        try:
            status = process.wait(max(last - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            status = None
        finally:
            end(process)
        silent = time.time() - Path(f"/dev/fd/{said.fileno()}").stat().st_mtime
        said.seek(0)
        return End(status, said.read(), silent)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the process, if it has not ended, and all that it started and waits for."""
    if process.poll() is None:
        first = psutil.Process(process.pid)
        family = [first, *first.children(recursive=True)]
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        process.wait()
        psutil.wait_procs(family, timeout=5)
