"""Files that appear whole or not at all, and are read with care."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dnn.base.errors import InputError, shown
from dnn.base.temporaries import OLD, put_back, unfinished

NAME = 300  # characters of a path in a message
FREE, UNFOLDS = 1 << 26, 100  # bytes that anything packed may unfold to, and how many times its own size beyond them
THERE = "give the path of a file that is there"


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to; on success it is renamed to `path`.

    If the block raises, the temporary file is removed and what stood at `path` before stays. Missing folders are
    made. A file that is replaced leaves the new one its permissions. The rename is atomic because both names are in one
    folder; what was written is on the disk before, and the new name when the block is left, so that a power cut leaves
    either file whole. What killed writes have left in the folder is removed.

    Raises:
        InputError: `path` is a folder, or a device, in whose place a file would come.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is a {'folder' if path.is_dir() else 'pipe or a device'}; give the path of a file")
    with naming_file(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    # the system gives a new file the permissions that the umask leaves; to read the umask is to set it, for all threads
    with unfinished(path, path.suffix, lambda new: new.touch(exist_ok=False)) as temporary:
        try:
            with naming_file(path, temporary):
                yield temporary
                flush(temporary, os.O_RDWR)
                with suppress(OSError):  # there is none yet, or the system has no such permissions
                    temporary.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IWUSR)
                temporary.replace(path)
                flush_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | Path) -> Iterator[Path]:
    """`replacing` for a folder with all that is in it: give an empty one beside `path` to fill.

    Between two renames there is neither the old nor the new one; who is killed there leaves both in the temporary
    folder, from which the next write puts the old one back.
    """
    path = Path(path)
    with temporary_folder(path) as temporary:
        new, old = temporary / "new", temporary / OLD
        with naming_file(path, new):
            new.mkdir()
            yield new
            for place in [*new.rglob("*"), new]:
                if place.is_dir():
                    flush_folder(place)
                else:
                    flush(place, os.O_RDONLY)
            if path.exists():
                path.rename(old)
            new.rename(path)
            flush_folder(path.parent)


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """An empty folder beside `path`, for what becomes `path`, that is removed at the end; after a SIGKILL by the next
    that writes there.
    """
    with naming_file(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with unfinished(path, "", Path.mkdir) as temporary:
        try:
            yield temporary
        finally:
            put_back(temporary, path)
            shutil.rmtree(temporary, ignore_errors=True)


def flush_folder(path: Path) -> None:
    """`flush` for a folder, where the system can: not every one lets a folder be opened or flushed."""
    with suppress(OSError):
        flush(path, os.O_RDONLY)


@contextmanager
def naming_file(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Let an OSError of the block that names no file, as that of a full disk, or a temporary one, name the real one.

    Args:
        path: the real file or folder.
        temporary: what is to be renamed to it.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        name = error.filename2 or error.filename  # of a file that is copied or renamed the second
        if name is None or temporary is None:
            named = name or path
        elif Path(name).is_relative_to(temporary):
            named = path / Path(name).relative_to(temporary)
        else:
            raise
        raise OSError(error.errno, error.strerror, str(named)) from None


def flush(path: Path, access: int) -> None:
    """Wait until the file's content, or the folder's list of names, is on the disk; `access` is one of `os.O_...`."""
    handle = os.open(path, access)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_text(path: str | Path, remedy: str = THERE) -> str:
    """The text of a UTF-8 file.

    Raises:
        InputError: it is no such text, or as `check_file`.
    """
    check_file(path, remedy)
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#x}; save it as UTF-8"
        ) from None


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sha256(path: Path) -> str:
    """SHA-256 of the file's content, in hexadecimal digits."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def most_unpacked(packed: int) -> int:
    """Bytes that a file of so many packed ones may unfold to: images take a fifth or a tenth, bombs a thousandth."""
    return max(FREE, UNFOLDS * packed)


def check_file(path: str | Path, remedy: str = THERE) -> None:
    """Raise InputError where there is no file to read at the path, before anything waits for a pipe or a device; the
    message says what is there in its place, and ends with the remedy.
    """
    name = str(path)
    if len(name) > NAME or not name.isprintable():
        name = shown(name)
    try:
        mode = Path(path).stat().st_mode
        readable = os.access(path, os.R_OK)
    except (TypeError, ValueError):  # ValueError: a zero byte
        raise InputError(f"{shown(path)} is no path of a file") from None
    except (FileNotFoundError, NotADirectoryError):
        what = "is a link to nothing" if Path(path).is_symlink() else "is missing"
        raise InputError(f"{name} {what}; {remedy}") from None
    except OSError as error:  # such as of links that lead in a circle
        raise InputError(f"{name} cannot be read: {error.strerror}; {remedy}") from None
    if stat.S_ISDIR(mode):
        raise InputError(f"{name} is a folder; {remedy}")
    if not stat.S_ISREG(mode):
        raise InputError(f"{name} is a pipe or a device; {remedy}")
    if not readable:
        raise InputError(f"{name} cannot be read: its permissions do not let you")


def check_size(path: str | Path, most: int, remedy: str) -> None:
    """Raise InputError, with the remedy at its end, where the file has more than so many bytes."""
    if (size := Path(path).stat().st_size) > most:
        raise InputError(f"{path} has {size:,} bytes, it should have at most {most:,}; {remedy}")
