"""The packings in which people have the four files: gzipped or not, with dots in their names, in folders, archives."""

import gzip
import io
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError, reason, shown
from dnn.base.files import most_unpacked
from dnn.base.npz import PACKINGS, npz_layout, read_npz
from stages.datasets.idx import idx_bytes
from stages.datasets.published import FILES, File, MirrorError, promised

SLACK = 1 << 20  # bytes that a packing may add to a file
LONGEST = 4 + 4 * 255  # bytes of the header of an IDX file
ARCHIVES = ("mnist.zip", "mnist.npz")
DEPTH = 3  # folders: torchvision's root has MNIST/raw/FILE
LFS = b"version https://git-lfs.github.com/spec/"
KERAS = dict(zip(("x_train", "y_train", "x_test", "y_test"), FILES, strict=True))  # the arrays of its mnist.npz


@dataclass(frozen=True)
class Offer:
    """A file or an array that may be one of the four files.

    Args:
        name: the one of `FILES` that it is named like.
        place: where it is, for people.
        take: gives its bytes as they are, no more than one beyond a limit; raises MirrorError, or OSError.
    """

    name: str
    place: str
    take: Callable[[int], bytes]

    def read(self, size: int) -> bytes:
        """Its bytes as they are, where unpacked they should be so many."""
        return self.take(size + SLACK)


def spellings(name: str) -> tuple[str, ...]:
    """The names under which a file of `FILES` is found, the most common first."""
    dotted = name.replace("-idx", ".idx")
    return f"{name}.gz", name, f"{dotted}.gz", dotted


NAMES = {spelling: name for name in FILES for spelling in spellings(name)}


def unpack(packed: bytes, limit: int) -> bytes:
    """The content of what may be gzipped, but no more than one byte beyond `limit`, or beyond what its header promises.

    Raises:
        MirrorError: it is damaged, what people get in place of a file, or would unfold to far more than its own size.
    """
    if packed.startswith(LFS):
        raise MirrorError("it is a Git LFS pointer, not the file: run `git lfs pull` in its folder")
    if packed[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise MirrorError("it is an HTML page, not the file")
    if not packed.startswith(b"\x1f\x8b"):
        return packed
    try:
        with gzip.open(io.BytesIO(packed)) as file:
            start = file.read(LONGEST)
            size = min(limit, promised(start)) if start.startswith(b"\0\0\x08") else limit
            most = most_unpacked(len(packed))
            content = start + file.read(max(min(size, most) + 1 - len(start), 0))
    except EOFError:
        raise MirrorError(f"it is truncated: its {len(packed):,} bytes are not a whole gzip file", again=True) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise MirrorError(f"it is a damaged gzip file ({reason(error)})") from None
    if len(content) > most:
        raise MirrorError(f"its {len(packed):,} bytes unfold to more than {most:,}, which no images do")
    return content


def verified(packed: bytes, file: File) -> bytes:
    """The content, unpacked; raises MirrorError where it is not that of the file."""
    content = unpack(packed, file.size)
    file.verify(packed, content)
    return content


def offers(place: Path) -> Iterator[Offer]:
    """All in a folder or an archive that is named like one of the four files."""
    for path in [place] if place.is_file() else files_of(place):
        name, suffix = NAMES.get(path.name), path.suffix.lower()
        if name:
            yield Offer(name, str(path), partial(beginning, path))
        elif suffix == ".zip" and zipfile.is_zipfile(path):
            yield from in_zip(path)
        elif suffix == ".npz" and zipfile.is_zipfile(path):
            yield from in_npz(path)


def files_of(folder: Path) -> Iterator[Path]:
    """The files in a folder and `DEPTH` folders deep, hidden ones left out, those further up first."""
    levels: list[list[Path]] = [[] for _ in range(DEPTH + 1)]
    for root, folders, names in os.walk(folder):
        depth = len(Path(root).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if depth < DEPTH and not name.startswith("."))
        levels[depth] += [Path(root, name) for name in sorted(names) if not name.startswith(".")]
    for level in levels:
        yield from filter(Path.is_file, level)  # not pipes, which make whoever opens them wait


def beginning(path: Path, limit: int) -> bytes:
    """The bytes of a file, no more than one beyond the limit."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size  # Python reserves as much memory as is asked for
        return file.read(min(limit, size) + 1)


def members(path: Path) -> list[str]:
    """The names in an archive; none where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return []


def in_zip(path: Path) -> Iterator[Offer]:
    """The members of a zip that are named like one of the four files."""

    def take(member: str, limit: int) -> bytes:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                if archive.getinfo(member).compress_type not in PACKINGS:
                    raise NotImplementedError("neither stored nor deflated")
                most = most_unpacked(path.stat().st_size)
                content = file.read(min(limit, most) + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
            raise MirrorError(f"the archive is damaged or of a kind that is not read ({reason(error)})") from None
        if len(content) > most:
            raise MirrorError(f"it unfolds to more than {most:,} bytes, which no images do")
        return content

    for member in members(path):
        if name := NAMES.get(Path(member).name):
            yield Offer(name, f"{path}: {member}", partial(take, member))


def in_npz(path: Path) -> Iterator[Offer]:
    """The arrays of Keras's mnist.npz as IDX files."""

    def take(array: str, limit: int) -> bytes:
        try:
            ((shape, dtype),) = npz_layout(path, array)
            if dtype != np.uint8 or prod(shape) > limit:
                raise MirrorError(f"it is {shown(shape)} {dtype}, it should be uint8, of at most {limit:,} bytes")
            return idx_bytes(*read_npz(path, array))
        except InputError as error:
            raise MirrorError(error) from None

    there = members(path)
    for array, name in KERAS.items():
        if f"{array}.npy" in there:
            yield Offer(name, f"{path}: {array}", partial(take, array))


def nothing_there(place: Path) -> str:
    """The reason why a folder or an archive without offers has none."""
    tables: list[Any] = [path.name for path in files_of(place) if path.suffix.lower() == ".csv"]
    if tables:
        return f"it has CSV files ({tables[0]}), which are not read; needed are the four IDX files, such as {FILES[0]}"
    return "there is no such file in it"
