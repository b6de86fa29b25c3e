"""What is packed unfolds no further than its header promises, and its own size allows."""

import gzip
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.base.files import FREE
from stages.datasets.own import read_own
from stages.datasets.packings import SLACK, offers, unpack
from stages.datasets.published import FILES, MirrorError

NAME = FILES[0]
LIMIT = 4_000_000_000
MANY = FREE // 784 + 1


def images(promised, there):
    """The file of so many blank images, whose header promises another number of them."""
    return struct.pack(">4I", 0x803, promised, 28, 28) + bytes(784 * there)


def bounded(work, most):
    """What the work gives, in no more than so many bytes of memory."""
    tracemalloc.start()
    try:
        return work()
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < most


def test_images_are_unpacked():
    assert unpack(gzip.compress(images(3, 3)), LIMIT) == images(3, 3)
    assert unpack(images(3, 3), LIMIT) == images(3, 3)


def test_no_more_is_unpacked_than_the_header_promises():
    packed = gzip.compress(images(3, MANY))
    assert len(bounded(lambda: unpack(packed, LIMIT), 1_000_000)) == len(images(3, 3)) + 1


def test_a_small_file_that_keeps_the_promise_of_a_huge_one_is_refused():
    packed = gzip.compress(images(MANY, MANY))
    with pytest.raises(
        MirrorError, match=rf"its {len(packed):,} bytes unfold to more than {FREE:,}, which no images do"
    ):
        unpack(packed, LIMIT)


@pytest.mark.parametrize("start", [b"", b"\0", b"\0\0\x08", b"\0\0\x08\xff", b"\0\0\x08\x03\0"])
def test_a_header_that_ends_is_none(start, tmp_path):
    assert unpack(gzip.compress(start), LIMIT) == start
    for name in FILES:
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(start))
    with pytest.raises(InputError, match=f"{NAME} has {len(start)} bytes, its header alone should have 16"):
        read_own(tmp_path, ["a", "b"])


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_of_a_zip_are_bounded(packing, tmp_path):
    with zipfile.ZipFile(tmp_path / "mnist.zip", "w", packing) as archive:
        archive.writestr(NAME, images(MANY, MANY))
    [offer] = offers(tmp_path)
    if packing == zipfile.ZIP_BZIP2:  # of which a few bytes unfold to any size at once
        with pytest.raises(MirrorError, match=r"of a kind that is not read .*neither stored nor deflated"):
            bounded(lambda: offer.read(LIMIT), 1_000_000)
        return
    assert len(bounded(lambda: offer.read(784), 3_000_000)) == 784 + SLACK + 1
    with pytest.raises(MirrorError, match=f"it unfolds to more than {FREE:,} bytes"):
        offer.read(LIMIT)


def test_arrays_of_a_npz_are_bounded(tmp_path):
    np.savez_compressed(tmp_path / "mnist.npz", x_train=np.zeros((5000, 784), np.uint8), y_train=np.zeros(3))
    large, floats = offers(tmp_path)
    with pytest.raises(MirrorError, match=r"it is \(5000, 784\) uint8, it should be uint8, of at most 1,048,577 bytes"):
        bounded(lambda: large.read(1), 1_000_000)
    with pytest.raises(MirrorError, match=r"it is \(3,\) float64, it should be uint8"):
        floats.read(10**6)
    assert len(large.read(10**7)) == 16 - 4 + 5000 * 784


def test_an_archive_that_cannot_be_opened_has_nothing(tmp_path):
    with zipfile.ZipFile(tmp_path / "mnist.zip", "w") as archive:
        archive.writestr(NAME, b"images")
    content = (tmp_path / "mnist.zip").read_bytes()
    (tmp_path / "mnist.zip").write_bytes(content.replace(b"PK\1\2", b"PK\7\7"))
    assert zipfile.is_zipfile(tmp_path / "mnist.zip")
    assert not list(offers(tmp_path))


def test_a_small_file_takes_no_more_memory_than_it_has(tmp_path):
    (tmp_path / NAME).write_bytes(images(1, 1))
    (offer,) = offers(tmp_path)
    tracemalloc.start()
    try:
        assert offer.read(LIMIT) == images(1, 1)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
