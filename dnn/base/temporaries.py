"""Names under which files and folders are written until they are whole, and what killed writers have left there."""

import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dnn.base.locks import owned

NAME = re.compile(r"\.(.+)-[0-9a-f]{8}\.unfinished(\.[^.]+)?")
OLD = "old"  # in a temporary folder, what stood there before


@contextmanager
def unfinished(path: Path, suffix: str, make: Callable[[Path], None]) -> Iterator[Path]:
    """Make a temporary file or folder beside `path`, and keep it locked, which shows others that its writer lives.

    What killed writers have left there goes first.
    """
    remove_unfinished(path.parent)
    with ExitStack() as locks:
        while True:
            temporary = path.with_name(f".{path.name.removesuffix(suffix)}-{secrets.token_hex(4)}.unfinished{suffix}")
            try:
                make(temporary)
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(path)) from None  # the name that people know
            with suppress(OSError):  # there are no locks
                locks.enter_context(owned(temporary, wait=True))
            if temporary.exists():  # else another took it for a killed writer's, before it was locked
                break
        yield temporary


def remove_unfinished(folder: Path) -> list[tuple[Path, int]]:
    """Remove what killed writers have left in a folder; give the paths and how many bytes they had.

    Whatever has a name of `unfinished`, and no process keeps it locked, is a killed writer's. A folder that was killed
    between the renames of `dnn.base.files.replacing_folder` gets back what stood at its name before.
    """
    removed = []
    for path in left_in(folder):
        with suppress(OSError), owned(path):
            size = size_of(path)
            if path.is_dir():
                put_back(path, path.with_name(NAME.sub(r"\1", path.name)))
                shutil.rmtree(path)
            else:
                path.unlink()
            removed.append((path, size))
    return removed


def put_back(temporary: Path, path: Path) -> None:
    """Give what stood at `path` its name again, where it was moved away and nothing came in its place."""
    if (temporary / OLD).exists() and not path.exists():
        (temporary / OLD).rename(path)


def left_in(folder: Path) -> list[Path]:
    """The files and folders in the folder with a name of `unfinished`."""
    try:
        return [path for path in folder.iterdir() if NAME.fullmatch(path.name)]
    except OSError:  # it can be written to, but not listed
        return []


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if not file.is_dir())
