"""The IDX reader, against bytes packed by hand."""

import gzip
import struct

import numpy as np
import pytest

from dnn.base.errors import InputError
from stages.datasets.idx import read_idx, write_idx

PIXELS = bytes(range(24))
GOOD = struct.pack(">4I", 0x803, 2, 3, 4) + PIXELS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some-idx3-ubyte"


def test_reads_what_is_packed_by_hand(path):
    path.write_bytes(GOOD)
    images = read_idx(path, 2)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, np.arange(24).reshape(2, 3, 4))


def test_reads_labels(path):
    path.write_bytes(struct.pack(">2I", 0x801, 3) + b"\7\0\1")
    assert read_idx(path, 0).tolist() == [7, 0, 1]


def test_writes_what_was_packed_by_hand(path):
    write_idx(path, np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    assert path.read_bytes() == GOOD


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b"", ("0 bytes", "16")),
        (GOOD[:10], ("10 bytes", "16")),
        (struct.pack(">4I", 0x801, 2, 3, 4) + PIXELS, ("0x00000801", "0x00000803")),
        (struct.pack("<4I", 0x803, 2, 3, 4) + PIXELS, ("0x03080000", "0x00000803")),
        (gzip.compress(GOOD, mtime=0), ("0x1f8b", "0x00000803")),
        (GOOD[:-1], ("23 bytes", "24")),
        (GOOD + b"\0", ("25 bytes", "24")),
        (struct.pack(">4I", 0x803, 2**32 - 1, 3, 4) + PIXELS, ("24 bytes", f"{12 * (2**32 - 1):,}")),
    ],
)
def test_names_the_file_and_both_values(content, values, path):
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_idx(path, 2)
    assert str(path) in str(caught.value)
    assert all(value in str(caught.value) for value in values)
    assert "\n" not in str(caught.value)
