import io
import os
import tracemalloc
import zipfile

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.base.files import FREE, sha256
from dnn.base.npz import npz_layout, read_npz, read_npz_text, write_npz


def test_arrays_come_back_and_the_bytes_know_no_time(tmp_path, monkeypatch):
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array("text")}
    write_npz(tmp_path / "first.npz", **arrays)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    write_npz(tmp_path / "second.npz", **arrays)
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
    b, a = read_npz(tmp_path / "first.npz", "b", "a")
    np.testing.assert_array_equal(a, arrays["a"])
    assert a.dtype == np.float32
    assert str(b) == "text"


def test_objects_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        write_npz(tmp_path / "x.npz", x=np.array([{}], dtype=object))
    assert not list(tmp_path.iterdir())


class Bomb:
    """Unpickling this makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize(
    "damage", ["missing", "empty", "text", "truncated", "flipped", "lacks", "npy", "folder", "pickle"]
)
def test_what_cannot_be_read_is_named(damage, tmp_path):
    path = tmp_path / "data.npz"
    write_npz(path, x=np.arange(1000.0))
    good = path.read_bytes()
    match damage:
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("<html>404</html>")
        case "truncated":
            path.write_bytes(good[:-50])
        case "flipped":
            path.write_bytes(good[:500] + bytes([good[500] ^ 1]) + good[501:])
        case "lacks":
            write_npz(path, y=np.arange(3))
        case "npy":
            with path.open("wb") as file:
                np.save(file, np.arange(3))
        case "folder":
            path.unlink()
            path.mkdir()
        case "pickle":
            np.savez(path, x=np.array([Bomb(str(tmp_path / "exploded"))], dtype=object))
    with pytest.raises(InputError, match=r"data\.npz") as error:
        read_npz(path, "x")
    assert "\n" not in str(error.value)
    assert "make repro" not in str(error.value), "who uses dnn alone has no Makefile"
    assert not (tmp_path / "exploded").exists()


def test_the_archive_is_not_compressed(tmp_path):
    write_npz(tmp_path / "x.npz", x=np.zeros(1000))
    with zipfile.ZipFile(tmp_path / "x.npz") as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_an_archive_has_the_same_bytes_under_any_version_of_python(tmp_path):
    write_npz(tmp_path / "x.npz", header=np.array("h"), params=np.arange(5, dtype=np.float32))
    recorded = "ddf2b4c15470625e4cf9aa9d55c60954ef36e099e6bbe7f58b049c3785ab268d"  # by 3.11.2, 3.12.1 and 3.13.0 alike
    assert sha256(tmp_path / "x.npz") == recorded


def archive(path, packing=zipfile.ZIP_DEFLATED, **members):
    """An archive of these members, bytes each."""
    with zipfile.ZipFile(path, "w", packing) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)


def npy(shape, data=b"", descr="<f4"):
    """The bytes of an array, with a header that may say something else than the data."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue() + data


def refused(path, message, *names, read=read_npz):
    """Nothing of it is read, no memory is taken for it, and one line says why."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=message) as error:
            read(path, *names)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


def test_a_compressed_archive_is_read_unless_it_unfolds_to_far_more_than_its_own_size(tmp_path):
    np.savez_compressed(tmp_path / "small.npz", x=np.zeros(1_000_000))
    assert not read_npz(tmp_path / "small.npz", "x")[0].any()
    count = FREE // 4 + 1
    archive(tmp_path / "bomb.npz", x=npy((count,), bytes(4 * count)))
    assert (tmp_path / "bomb.npz").stat().st_size < 100_000
    refused(tmp_path / "bomb.npz", r"its [\d,]+ bytes would unfold to 67,1", "x")
    refused(tmp_path / "bomb.npz", "would unfold", "x", read=npz_layout)


def test_members_that_are_small_each_but_not_together_are_a_bomb(tmp_path):
    part = npy((FREE // 16,), bytes(FREE // 4))
    archive(tmp_path / "bomb.npz", **{f"x{number}": part for number in range(5)})
    refused(tmp_path / "bomb.npz", "would unfold", "x0")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_unfold_any_amount_at_once_are_not_read(packing, tmp_path):
    archive(tmp_path / "x.npz", packing, x=npy((3,), bytes(12)))
    refused(tmp_path / "x.npz", "its x is packed in another way", "x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not an array", "magic string is not correct"),
        (b"", "expected 8 bytes"),
        (npy((10**9,)), "its x has 0 bytes, its header promises 4,000,000,000"),
        (npy((10**9, 10**9, 10**9)), "its header promises 4,000,000"),
        (npy((2,), bytes(12)), "its x has 12 bytes, its header promises 8"),
        (npy((-2, -3), bytes(24)), "is an array"),
        (npy((1,), bytes(8), "|O"), "of object, which is not read"),
        (npy((1,), bytes(8), [("a", "<f8")]), "which is not read"),
        (npy((1,), bytes(8), "<f4, <f4"), "which is not read"),
        (npy((1,), bytes(8), "<c8"), "of complex64, which is not read"),
        (b"\x93NUMPY\x01\x00\x10\x00" + b"{'a': 0x1, b': 3} \n", "damaged"),
        (b"\x93NUMPY\x07\x00\x10\x00" + bytes(16), "no array in version 1.0"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, "damaged"),
    ],
)
def test_a_member_that_is_no_array_of_its_size_is_named(content, message, tmp_path):
    archive(tmp_path / "x.npz", x=content)
    refused(tmp_path / "x.npz", message, "x")
    refused(tmp_path / "x.npz", message, "x", read=npz_layout)


def test_a_text_is_read_up_to_its_length_and_only_as_one(tmp_path):
    write_npz(tmp_path / "x.npz", text=np.array("ηλ"), many=np.array(["a", "b"]), number=np.array(3))
    assert read_npz_text(tmp_path / "x.npz", "text", 2) == "ηλ"
    for name, most in ("text", 1), ("many", 9), ("number", 9):
        refused(
            tmp_path / "x.npz", f"its {name} is no text, or one of more than {most}", name, most, read=read_npz_text
        )
    archive(tmp_path / "y.npz", text=npy((), "ηλ".encode("utf-32-be"), ">U2"))
    assert read_npz_text(tmp_path / "y.npz", "text", 2) == "ηλ"
    for letter in (0xD800, 0x110000, 2**32 - 1):  # half a pair of surrogates; none at all
        archive(tmp_path / "y.npz", text=npy((), letter.to_bytes(4, "little"), "<U1"))
        refused(tmp_path / "y.npz", r"y\.npz is damaged", "text", 9, read=read_npz_text)


def test_what_a_member_holds_does_not_reach_the_terminal_as_it_is(tmp_path):
    archive(tmp_path / "x.npz", x=b"\x93NUMPY\x01\x00\x10\x00" + b"{'\x1b[31m': 1}   \n")
    with pytest.raises(InputError) as error:
        read_npz(tmp_path / "x.npz", "x")
    assert str(error.value).isprintable()
