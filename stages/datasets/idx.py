"""IDX, the format of MNIST's files: a magic number, the dimensions, then the bytes; all of it gzipped.

http://yann.lecun.com/exdb/mnist/, "File formats for the MNIST database".
"""

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnn.base.errors import InputError

UNSIGNED_BYTE = 0x08
AGAIN = "remove it and run `make repro`, which fetches it again"


def read_idx(path: Path, item_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read a gzipped IDX file of unsigned bytes.

    Args:
        path: the file.
        item_shape: (28, 28) for MNIST's images, () for its labels.

    Returns:
        (n, *item_shape) uint8, read-only.

    Raises:
        FileNotFoundError: there is no such file.
        InputError: it is damaged, or magic number, dimensions or length are not what they should be.
    """
    try:
        with gzip.open(path) as file:
            content = file.read()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path} is not a whole gzip file ({error}); {AGAIN}") from None
    dimensions = 1 + len(item_shape)
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise InputError(f"{path} has {len(content)} bytes, its header alone should have {start}; {AGAIN}")
    magic, n, *shape = struct.unpack(f">{1 + dimensions}I", content[:start])
    expected = UNSIGNED_BYTE << 8 | dimensions
    if magic != expected:
        raise InputError(f"{path} has the magic number {magic:#010x}, it should be {expected:#010x}; {AGAIN}")
    if tuple(shape) != item_shape:
        raise InputError(f"{path} has items of shape {tuple(shape)}, they should be {item_shape}; {AGAIN}")
    items = np.frombuffer(content, np.uint8, offset=start)
    promised = n * int(np.prod(item_shape))
    if items.size != promised:
        raise InputError(f"{path} has {items.size:,} bytes of data, its header promises {promised:,}; {AGAIN}")
    return items.reshape(n, *item_shape)


def count(path: Path) -> int:
    """The number of items that the header of a gzipped IDX file promises."""
    with gzip.open(path) as file:
        n: int = struct.unpack(">4xI", file.read(8))[0]
    return n


def write_idx(path: Path, items: NDArray[np.uint8]) -> None:
    """Write uint8 items (n, ...) as a gzipped IDX file; the same items give the same bytes."""
    header = struct.pack(f">{1 + items.ndim}I", UNSIGNED_BYTE << 8 | items.ndim, *items.shape)
    path.write_bytes(gzip.compress(header + items.tobytes(), mtime=0))
