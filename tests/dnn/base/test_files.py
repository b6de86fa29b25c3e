import os
import resource
import stat

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.base.files import read_text, replacing, replacing_folder, write_text
from dnn.base.npz import npz_layout, read_npz, write_npz


@pytest.mark.parametrize("interruption", [OSError, KeyboardInterrupt])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, interruption):
    path = tmp_path / "notes.txt"
    write_text(path, "old")

    def write():
        with replacing(path) as temporary:
            temporary.write_text("half of the n")
            raise interruption

    with pytest.raises(interruption):
        write()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_a_write_makes_folders_and_replaces_in_one_move(tmp_path):
    path = tmp_path / "new" / "folder" / "notes.txt"
    write_text(path, "old")
    with path.open() as reader:
        with replacing(path) as temporary:
            assert temporary.parent == path.parent, "a rename is atomic within one folder"
            assert temporary.suffix == ".txt"
            temporary.write_text("new")
            assert path.read_text() == "old"
        assert reader.read() == "old", "who reads it meanwhile is not disturbed"
    assert path.read_text() == "new"
    assert [p.name for p in path.parent.iterdir()] == ["notes.txt"]


def test_text_is_utf8(tmp_path):
    write_text(tmp_path / "a", "ηλ")
    assert (tmp_path / "a").read_bytes() == "ηλ".encode()


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_any_new_file(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_text(tmp_path / "a", "text")
        (tmp_path / "b").touch()
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_the_umask_is_never_set(tmp_path, monkeypatch):
    """It is the whole process's: a file that another thread makes meanwhile would be open to all, and of two threads
    that set it and set it back one may keep the other's."""
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("the umask was set"))
    write_text(tmp_path / "a", "text")


def test_what_was_written_is_on_the_disk_before_it_takes_the_name_and_the_name_after(tmp_path, monkeypatch):
    path, events = tmp_path / "a", []
    fsync = os.fsync

    def flushed(handle):
        events.append((stat.S_ISDIR(os.fstat(handle).st_mode), path.exists()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", flushed)
    write_text(path, "text")
    assert events == [(False, False), (True, True)], "the file under its temporary name, then the folder"


def test_a_folder_that_cannot_be_flushed_is_no_fault(tmp_path, monkeypatch):
    fsync = os.fsync

    def files_only(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", files_only)
    write_text(tmp_path / "a", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_folder_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    for name in ("old", "new"):
        with replacing_folder(tmp_path / "made" / "folder") as folder:
            assert not list(folder.iterdir())
            (folder / name).write_text(name)
        assert [path.name for path in (tmp_path / "made" / "folder").iterdir()] == [name]
    with pytest.raises(KeyError):
        fill_half(tmp_path / "made" / "folder")
    assert sorted(path.name for path in (tmp_path / "made").rglob("*")) == ["folder", "new"]


def fill_half(path):
    with replacing_folder(path) as folder:
        (folder / "half").write_text("half")
        raise KeyError


@pytest.mark.parametrize("mode", [0o640, 0o600, 0o664])
def test_a_file_that_is_replaced_keeps_its_permissions(mode, tmp_path):
    write_text(tmp_path / "a", "old")
    (tmp_path / "a").chmod(mode)
    write_text(tmp_path / "a", "new")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_a_file_that_may_not_be_written_is_replaced_by_one_that_may(tmp_path):
    """As DVC's links into its cache are."""
    write_text(tmp_path / "a", "old")
    (tmp_path / "a").chmod(0o440)
    write_text(tmp_path / "a", "new")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        write_text(tmp_path, "text")
    assert not list(tmp_path.iterdir())


def test_what_is_no_file_is_named_for_what_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    for path, message in [
        (tmp_path, "is a folder; give the path of a file"),
        (tmp_path / "pipe", "is a pipe or a device"),
        (os.devnull, "is a pipe or a device"),
        (tmp_path / "none", "is missing"),
        (tmp_path / "file" / "none", "is missing"),
        ("a" * 5000, "cannot be read: File name too long"),
        ("a\0b", "is no path of a file"),
        (None, "None is no path of a file"),
        (3, "3 is no path of a file"),
        ("a\nb", "is missing"),
    ]:
        for read in (read_npz, npz_layout):
            with pytest.raises(InputError, match=message) as error:
                read(path, "x")
            assert "\n" not in str(error.value)
            assert len(str(error.value)) < 400


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    path = tmp_path / "folder" / "a.txt"
    full = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space left") as error, replacing(path):
        raise full
    assert error.value.filename == str(path)
    with pytest.raises(OSError, match="No space left") as error, replacing(path) as temporary:
        raise OSError(28, "No space left on device", "source", None, str(temporary))  # as shutil has it
    assert error.value.filename == str(path)
    with pytest.raises(FileNotFoundError) as missing, replacing(path):
        raise FileNotFoundError(2, "No such file", "source")
    assert missing.value.filename == "source"
    with (
        pytest.raises(OSError, match="No space left") as error,
        replacing_folder(tmp_path / "new") as new,
        replacing(new / "b.csv"),
    ):
        raise full
    assert error.value.filename == str(tmp_path / "new" / "b.csv")
    assert [file.name for file in tmp_path.rglob("*")] == ["folder"]


@pytest.mark.parametrize("write", [lambda p: write_npz(p, a=np.zeros(10**6)), lambda p: write_text(p, "a" * 10**6)])
def test_what_is_written_to_a_full_disk_is_named(write, tmp_path):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        with pytest.raises(OSError, match="File too large") as error:
            write(tmp_path / "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert error.value.filename == str(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is a pipe or a device"):
        write_text(tmp_path / "pipe", "text")
    assert (tmp_path / "pipe").is_fifo()


def test_a_text_is_not_waited_for_where_it_is_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "link").symlink_to("nothing")
    for name, said in [
        ("pipe", "is a pipe or"),
        ("circle", "cannot be read: Too many"),
        ("link", "is a link to nothing"),
    ]:
        with pytest.raises(InputError, match=f"{name} {said}.*; do that"):
            read_text(tmp_path / name, "do that")
