"""Moments at which a process changes a folder: each may be counted, or made the last one, or made to fail."""

import mmap
import os
import signal
import sys
from collections.abc import Callable
from errno import EROFS
from pathlib import Path

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.chmod")
TARGETS = {"os.rename": 1, "os.link": 1, "os.symlink": 1}  # which argument is the name that changes; else the first
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

Act = Callable[[int, str, str], None]  # called with the number of the event from 1, its name and the path


def watch(folder: Path, act: Act) -> None:
    """From now on, have `act` called before each change in the folder by this process, which it may end, or refuse by
    raising OSError. There is no way back: only for processes that are about to end.
    """
    inside, count = f"{folder.resolve()}{os.sep}", 0

    def note(event: str, path: object) -> None:
        nonlocal count
        if isinstance(path, str | bytes | os.PathLike):
            name = str(Path(os.fsdecode(path)).absolute())
            if name.startswith(inside):
                count += 1
                act(count, event, name)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & WRITING:
                note(event, path)
        elif event in CHANGES:
            note(event, arguments[TARGETS.get(event, 0)])

    fsync = os.fsync

    def flushed(handle: int) -> None:
        note("fsync", os.path.realpath(f"/proc/self/fd/{handle}"))
        fsync(handle)

    os.fsync = flushed
    sys.addaudithook(hook)


def counting(folder: Path) -> tuple[Callable[[], None], Callable[[], int]]:
    """What a process is to call before it begins, and what tells how many changes it has made, also to its parent."""
    shared = mmap.mmap(-1, 8)

    def act(number: int, event: str, path: str) -> None:
        shared[:8] = number.to_bytes(8, "little")

    return lambda: watch(folder, act), lambda: int.from_bytes(shared[:8], "little")


def killing(folder: Path, last: int) -> Callable[[], None]:
    """What a process is to call that is killed before its change of that number; in a write, if it waits for the disk:
    then only half of the file is there.
    """

    def act(number: int, event: str, path: str) -> None:
        if number == last:
            if event == "fsync" and Path(path).is_file():
                os.truncate(path, Path(path).stat().st_size // 2)  # which is a change, of a later number
            os.kill(os.getpid(), signal.SIGKILL)

    return lambda: watch(folder, act)


def read_only(folder: Path) -> Callable[[], None]:
    """What a process is to call for which the folder is on a read-only disk, whoever runs it: permissions do not stop
    an administrator.
    """

    def act(number: int, event: str, path: str) -> None:
        raise OSError(EROFS, os.strerror(EROFS), path)

    return lambda: watch(folder, act)
