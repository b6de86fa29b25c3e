"""What killed writers leave goes with the next write into the folder; nothing else does."""

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from dnn.base import temporaries
from dnn.base.files import replacing, replacing_folder, write_text
from dnn.base.temporaries import remove_unfinished

WRITE = """
import sys, time
from pathlib import Path
from dnn.base import files
kind, path = sys.argv[1:]
with getattr(files, kind)(Path(path)) as temporary:
    if temporary.is_dir():
        temporary /= "a"
    temporary.write_bytes(bytes(1000))
    print(temporary, flush=True)
    time.sleep(60)
"""
KINDS = ["replacing", "replacing_folder", "temporary_folder"]


@contextmanager
def writer(kind, path):
    """A process in the midst of a write."""
    with subprocess.Popen([sys.executable, "-c", WRITE, kind, str(path)], stdout=subprocess.PIPE, text=True) as process:
        try:
            process.stdout.readline()
            yield process
        finally:
            process.kill()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_killed_write_left_goes_with_the_next_and_what_is_being_written_stays(tmp_path, kind):
    with writer(kind, tmp_path / "one.npz") as process:
        write_text(tmp_path / "two.txt", "text")
        (alive, _) = names(tmp_path)
        assert re.fullmatch(r"\.one(\.npz)?-[0-9a-f]{8}\.unfinished(\.npz)?", alive), "it lives, and so it stays"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert names(tmp_path) == [alive, "two.txt"]
        write_text(tmp_path / "two.txt", "text")
        assert names(tmp_path) == ["two.txt"]


def test_names_of_others_stay(tmp_path):
    others = ["a-0123abcd.unfinished", ".a-0123abcd", ".a-0123abcd.npz", ".a-0123abc.unfinished", ".unfinished"]
    others += [".a-0123abcd.unfinished.b.c", ".a-0123abcd.unfinishedx"]
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / ".link-0123abcd.unfinished").symlink_to(tmp_path / ".a-0123abcd")
    os.mkfifo(tmp_path / ".pipe-0123abcd.unfinished")
    removed = remove_unfinished(tmp_path)
    assert [path.name for path, _ in removed] == [".pipe-0123abcd.unfinished"]
    assert {path.name for path in tmp_path.iterdir()} == {*others, ".link-0123abcd.unfinished"}


def test_bytes_are_counted(tmp_path):
    (tmp_path / ".a-0123abcd.unfinished.npz").write_bytes(bytes(7))
    (tmp_path / ".b-0123abcd.unfinished" / "c").mkdir(parents=True)
    (tmp_path / ".b-0123abcd.unfinished" / "c" / "d").write_bytes(bytes(5))
    assert sorted(size for _, size in remove_unfinished(tmp_path)) == [5, 7]
    assert names(tmp_path) == []


def test_without_locks_nothing_is_taken_for_a_killed_writers(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("dnn.base.locks.fcntl.flock", none)
    (tmp_path / ".a-0123abcd.unfinished").touch()
    write_text(tmp_path / "a", "text")
    assert names(tmp_path) == [".a-0123abcd.unfinished", "a"]


def test_a_temporary_that_is_removed_before_it_is_locked_is_made_anew(tmp_path, monkeypatch):
    owned, calls = temporaries.owned, []

    def late(path, **more):
        calls.append(path)
        if len(calls) == 1:
            path.unlink()
        return owned(path, **more)

    monkeypatch.setattr(temporaries, "owned", late)
    write_text(tmp_path / "a", "text")
    assert (tmp_path / "a").read_text() == "text"
    assert len(calls) == 2
    assert names(tmp_path) == ["a"]


def test_many_who_write_into_one_folder_remove_nothing_of_each_other(tmp_path):
    def work(name):
        for count in range(40):
            with replacing(tmp_path / name) as temporary:
                temporary.write_text(f"{count}")

    threads = [threading.Thread(target=work, args=("abcd"[n],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(tmp_path / name).read_text() for name in "abcd"] == ["39"] * 4
    assert names(tmp_path) == ["a", "b", "c", "d"]


def killed_between_renames(path, monkeypatch):
    """Leave the folders as they are between the two renames."""
    rename = Path.rename

    def once(self, target):
        if self.name == "new":
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, target)

    if (child := os.fork()) == 0:
        monkeypatch.setattr(Path, "rename", once)
        with replacing_folder(path) as folder:
            (folder / "b").write_text("new")
        os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def test_a_folder_that_was_moved_away_comes_back(tmp_path, monkeypatch):
    path = tmp_path / "folder"
    with replacing_folder(path) as folder:
        (folder / "a").write_text("old")
    killed_between_renames(path, monkeypatch)
    assert not path.exists()
    write_text(tmp_path / "other", "text")
    assert names(tmp_path) == ["folder", "other"]
    assert (path / "a").read_text() == "old"


def test_a_folder_that_was_moved_away_comes_back_after_an_error(tmp_path, monkeypatch):
    path = tmp_path / "folder"
    with replacing_folder(path) as folder:
        (folder / "a").write_text("old")
    rename = Path.rename

    def fail(self, target):
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="No space left"), replacing_folder(path) as folder:
        (folder / "a").write_text("new")
    assert names(tmp_path) == ["folder"]
    assert (path / "a").read_text() == "old"


def test_a_folder_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    flushed, path = [], tmp_path / "folder"
    fsync = os.fsync

    def noted(handle):
        flushed.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    with replacing_folder(path) as folder:
        (folder / "in").mkdir()
        (folder / "in" / "a").write_text("text")
    assert flushed == ["in", "a", "new", tmp_path.name]
