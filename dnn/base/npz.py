"""`.npz` archives of arrays: written so that the same arrays give the same bytes, and read with care.

No pickle, and nothing of an array is read, nor memory taken for it, before its size is known to be the one that its
header promises, and one that a file of these bytes can have.
"""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np

from dnn.base.errors import DamagedError, InputError, reason
from dnn.base.files import check_file, most_unpacked, replacing
from dnn.base.types import Array, Shape

PLAIN = "biufU"  # kinds of NumPy's types: bool, integers, floats, texts
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unfold a piece of a file to any size at once
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def write_npz(path: str | Path, **arrays: Array) -> None:
    """Write arrays to an uncompressed `.npz`, whole or not at all; the same arrays give the same bytes.

    Not through `np.savez`, whose archives differ with the version of Python: it asks for fields that are needed from
    2 GiB on, and Python has changed how it fills them.
    """
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # dated 1980
            member.create_system = 3  # Unix, also on others
            member.file_size = array.nbytes
            with archive.open(member, "w") as file:
                np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)


def read_npz(path: str | Path, *names: str) -> list[Array]:
    """Read the named arrays of a `.npz`.

    Raises:
        DamagedError: the file is torn.
        InputError: it is missing, of another kind, would unfold to far more than its own size, or lacks
            one of the arrays.
    """
    arrays = []
    with opened(path) as archive:
        for name in names:
            with member(archive, name) as (file, *_):
                file.seek(0)
                arrays.append(np.lib.format.read_array(file, allow_pickle=False))
    return arrays


def read_npz_text(path: str | Path, name: str, most: int) -> str:
    """The text in an array of a `.npz`, of at most so many characters; raises as `read_npz` does."""
    with opened(path) as archive, member(archive, name) as (file, shape, dtype):
        if shape or dtype.kind != "U" or dtype.itemsize > 4 * most:
            raise ValueError(f"its {name} is no text, or one of more than {most:,} characters")
        # not by NumPy, which takes over what is no letter
        return file.read().decode("utf-32-be" if dtype.str[0] == ">" else "utf-32-le").rstrip("\0")


def npz_names(path: str | Path) -> set[str]:
    """The names of the arrays of a `.npz`; raises as `read_npz` does."""
    with opened(path) as archive:
        return {name.removesuffix(".npy") for name in archive.namelist()}


def npz_layout(path: str | Path, *names: str) -> list[tuple[Shape, np.dtype]]:
    """Shape and type of the named arrays of a `.npz`, which takes no memory; raises as `read_npz` does."""
    layout = []
    with opened(path) as archive:
        for name in names:
            with member(archive, name) as (_, shape, dtype):
                layout.append((shape, dtype))
    return layout


@contextmanager
def opened(path: str | Path) -> Iterator[zipfile.ZipFile]:
    """A `.npz` to read from; faults on the way become InputErrors."""
    check_file(path)
    with Path(path).open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise torn_or_another(file)(f"{path} is no .npz file, or not a whole one")
        size = file.seek(0, 2)
        try:
            with zipfile.ZipFile(file) as archive, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of headers that NumPy has to guess at
                if (unfolded := sum(entry.file_size for entry in archive.infolist())) > most_unpacked(size):
                    raise ValueError(f"its {size:,} bytes would unfold to {unfolded:,}")
                yield archive
        except Exception as error:  # each layer of a damaged archive (zipfile, zlib, NumPy, tokenize) has its own kinds
            kind = DamagedError if isinstance(error, zipfile.BadZipFile | zlib.error | EOFError) else InputError
            raise kind(f"{path} is damaged, or another .npz than needed ({reason(error)})") from None


def torn_or_another(file: BinaryIO) -> type[InputError]:
    """The error for what is no whole zip file: whether it began as one, nothing was written, or it is another."""
    file.seek(0)
    start = file.read(4)
    return DamagedError if start == b"PK\3\4" or not start.strip(b"\0") else InputError


@contextmanager
def member(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[IO[bytes], Shape, np.dtype]]:
    """The file of an array, its shape and its type, once these are known to agree with its size."""
    entry = archive.getinfo(f"{name}.npy")
    if entry.compress_type not in PACKINGS:
        raise ValueError(f"its {name} is packed in another way than NumPy packs")
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version not in HEADERS:
            raise ValueError(f"its {name} is no array in version 1.0 or 2.0 of NumPy's format")
        shape, _, dtype = HEADERS[version](file)
        if dtype.kind not in PLAIN or min(shape, default=0) < 0:
            raise ValueError(f"its {name} is an array {shape} of {dtype}, which is not read")
        promised, there = prod(shape) * dtype.itemsize, entry.file_size - file.tell()
        if promised != there:
            raise ValueError(f"its {name} has {there:,} bytes, its header promises {promised:,}")
        yield file, shape, dtype
