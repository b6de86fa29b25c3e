"""One writer at a time: locks that end with the process that has them, however it ends, also by SIGKILL.

They are those of `flock`. Where the system or the file system has none, each process writes as if it were alone.
"""

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dnn.base.errors import InputError

if sys.platform != "win32":
    import fcntl

LONGEST = 200  # characters of a command in a message


class InUseError(InputError):
    """Another process writes there now."""


@contextmanager
def locked(path: str | Path, lock: Path | None = None, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Write a file, or what is in a folder, as the only process while the block runs.

    Args:
        path: of the file or folder, which need not be there.
        lock: the file that is locked, by default `.NAME.lock` beside `path`. It says who has it, and is removed at the
            end of the block; after a SIGKILL it stays, locked by no one.
        wait: called with a line that names the process that has the lock, before waiting for its end.

    Raises:
        InUseError: another process has the lock, and `wait` is None.
        InputError: the lock's folder cannot be written to.
    """
    path = Path(path)
    lock = lock or lock_beside(path)
    made = [folder for folder in lock.parents if not folder.exists()]
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = take(lock, path, wait)
    except OSError as error:
        place = next(folder for folder in lock.parents if folder.exists())
        if not place.is_dir():
            raise InputError(f"{place} is a file, so that {path} cannot be written; name another place") from None
        raise InputError(f"{place} cannot be written to ({error.strerror}); name another place") from None
    try:
        with suppress(OSError):  # on a full disk; the lock holds without a name, too
            os.ftruncate(handle, 0)
            os.write(handle, owner().encode(errors="backslashreplace"))
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)
        with suppress(OSError):  # others are in use
            for folder in made:
                folder.rmdir()


def lock_beside(path: Path) -> Path:
    """The file that is locked by whoever writes at `path`."""
    path = path.absolute()
    return path.parent.resolve() / f".{path.name}.lock"


def in_use(path: Path) -> bool:
    """Whether another process has `path` locked now."""
    try:
        with owned(lock_beside(path)):
            return False
    except OSError as error:
        return isinstance(error, BlockingIOError)


def take(lock: Path, path: Path, wait: Callable[[str], None] | None) -> int:
    """Open the file and lock it, for `locked`."""
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not hold(handle):
                line = told(path, os.pread(handle, 2 * LONGEST, 0).decode(errors="replace"))
                if not wait:
                    raise InUseError(line)
                wait(line)
                hold(handle, wait=True)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), lock.stat()):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # who had it has removed it meanwhile


def hold(handle: int, wait: bool = False) -> bool:
    """Lock an open file until it is closed, as far as there are locks; False where another process has."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # the file system has none
        return True
    return True


@contextmanager
def owned(path: Path, wait: bool = False) -> Iterator[None]:
    """Keep a file or folder that is there locked while the block runs.

    Raises:
        OSError: another process has it locked, and `wait` is false; it cannot be opened; there are no locks.
    """
    if sys.platform == "win32":
        raise OSError("no locks")
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def owner() -> str:
    """This process, the present time and its command, as a lock's file has them."""
    command = " ".join(shlex.join([Path(sys.executable).name, *sys.orig_argv[1:]]).split())
    return f"{os.getpid()} {time.strftime('%Y-%m-%d %H:%M:%S')} {command[:LONGEST]}"


def told(path: Path, owner: str) -> str:
    """The line that names the process that writes there, and the ways on."""
    pid, day, clock, command = (owner.split(" ", 3) + [""] * 4)[:4]
    if not pid.isdigit() or not command.isprintable():  # it has not said yet
        return f"{path} is being written by another process; wait for its end"
    return (
        f"{path} is being written by process {pid} since {day} {clock} ({command}); "
        f"wait for its end, or end it: kill {pid}"
    )
