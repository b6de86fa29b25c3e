"""IDX, the format of MNIST's files: a magic number, the dimensions, then the bytes.

http://yann.lecun.com/exdb/mnist/, "File formats for the MNIST database".
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnn.base.errors import InputError
from dnn.base.files import check_file, replacing

UNSIGNED_BYTE = 0x08


def read_idx(path: Path, item_dimensions: int) -> NDArray[np.uint8]:
    """Read an IDX file that fetch wrote; for the arguments see `parse_idx`.

    Raises:
        InputError: there is no such file, or it is damaged.
    """
    check_file(path, "run `make repro`, which fetches it")
    try:
        return parse_idx(path.read_bytes(), item_dimensions)
    except InputError as error:
        raise InputError(f"{path} {error}; remove it and run `make repro`, which fetches it again") from None


def parse_idx(content: bytes, item_dimensions: int) -> NDArray[np.uint8]:
    """The items of an IDX file of unsigned bytes.

    Args:
        content: of the file.
        item_dimensions: 2 for images, 0 for labels.

    Returns:
        (n, ...) uint8, read-only.

    Raises:
        InputError: magic number or length are not what they should be; the message is to follow the file's name.
    """
    dimensions = 1 + item_dimensions
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise InputError(f"has {len(content)} bytes, its header alone should have {start}")
    magic, *shape = struct.unpack(f">{1 + dimensions}I", content[:start])
    expected = UNSIGNED_BYTE << 8 | dimensions
    if magic != expected:
        raise InputError(f"has the magic number {magic:#010x}, it should be {expected:#010x}")
    items = np.frombuffer(content, np.uint8, offset=start)
    promised = int(np.prod(shape, dtype=object))
    if items.size != promised:
        raise InputError(f"has {items.size:,} bytes of data, its header promises {promised:,}")
    try:
        return items.reshape(shape)
    except ValueError:  # of no bytes, in more items than NumPy can count
        raise InputError(f"has {' x '.join(map(str, shape))} items of no bytes") from None


def idx_bytes(items: NDArray[np.uint8]) -> bytes:
    """The content of an IDX file of uint8 items (n, ...)."""
    return struct.pack(f">{1 + items.ndim}I", UNSIGNED_BYTE << 8 | items.ndim, *items.shape) + items.tobytes()


def write_idx(path: Path, items: NDArray[np.uint8]) -> None:
    """Write uint8 items (n, ...) as an IDX file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(idx_bytes(items))
