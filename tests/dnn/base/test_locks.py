"""Two processes that write the same file: the second is told of the first, whatever the first one dies of."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from dnn.base import locks
from dnn.base.errors import InputError
from dnn.base.locks import InUseError, in_use, locked

HOLD = """
import sys, time
from pathlib import Path
from dnn.base.locks import locked
with locked(sys.argv[1]):
    print("locked", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(path):
    """Another process that has the lock."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "locked\n"
            yield process
        finally:
            process.kill()


def test_the_second_is_told_of_the_first_and_no_lock_outlives_a_sigkill(tmp_path):
    path = tmp_path / "table.csv"
    with holder(path) as process:
        with pytest.raises(InUseError) as error, locked(path):
            pass
        line = str(error.value)
        assert line.startswith(f"{path} is being written by process {process.pid} since 2")
        assert line.endswith(f"); wait for its end, or end it: kill {process.pid}")
        assert "\n" not in line
        assert len(line) < 500
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert [file.name for file in tmp_path.iterdir()] == [".table.csv.lock"]
        with locked(path):
            pass
    assert list(tmp_path.iterdir()) == []


def test_who_wants_to_wait_is_told_for_whom_and_goes_on_at_its_end(tmp_path):
    lines = []
    with holder(tmp_path / "a") as process:

        def wait(line):
            lines.append(line)
            process.send_signal(signal.SIGKILL)

        with locked(tmp_path / "a", wait=wait), pytest.raises(InUseError), locked(tmp_path / "a"):
            pass
        assert len(lines) == 1
        assert f"process {process.pid} since" in lines[0]


def test_only_one_has_it_however_many_come_and_go(tmp_path):
    """Who waited for a file that the one before has removed must not hold a lock that no one else sees."""
    inside, most = 0, 0

    def work():
        nonlocal inside, most
        for _ in range(30):
            with locked(tmp_path / "a", wait=lambda line: None):
                inside += 1
                most = max(most, inside)
                time.sleep(0.0002)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, inside) == (1, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_path_has_one_lock_by_whatever_way_it_is_reached(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path / "real")
    with locked("a"):
        for path in (tmp_path / "real" / "a", tmp_path / "link" / "a", "../real/a"):
            with pytest.raises(InUseError), locked(path):
                pass
        with locked("b"):
            pass
    with locked("elsewhere", lock=tmp_path / "l"), pytest.raises(InUseError), locked("a", lock=tmp_path / "l"):
        pass


def test_folders_that_only_the_lock_needed_go_with_it(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path / "new" / "folder" / "a"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    with locked(tmp_path / "new" / "folder" / "a"):
        (tmp_path / "new" / "a").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "a"]


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied"), OSError(30, "Read-only file system")])
def test_a_place_that_cannot_be_written_to_is_told_in_a_line(tmp_path, monkeypatch, fault):
    def refuse(*_):
        raise fault

    monkeypatch.setattr(os, "open", refuse)  # who runs the tests may be root, whom nothing is denied
    with (
        pytest.raises(InputError, match=rf"{tmp_path} cannot be written to \({fault.strerror}\)"),
        locked(tmp_path / "a"),
    ):
        pass


def test_a_read_only_file_system_is_told_in_a_line():
    with pytest.raises(InputError, match="/proc/sys cannot be written to"), locked("/proc/sys/a"):
        pass


def test_a_file_system_without_locks_is_used_without(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(locks.fcntl, "flock", none)
    with locked(tmp_path / "a"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "1", "\x1b[31m", "7 2026-01-01 10:00:00 \x1b]0;title\x07", "\xff" * 300])
def test_what_a_lock_says_is_not_believed(tmp_path, text):
    with holder(tmp_path / "a"):
        (tmp_path / ".a.lock").write_bytes(text.encode("latin-1"))
        with pytest.raises(InUseError) as error, locked(tmp_path / "a"):
            pass
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 500


def test_a_full_disk_does_not_keep_a_lock_from_holding(tmp_path, monkeypatch):
    def full(handle, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(locks.os, "write", full)
    with locked(tmp_path / "a"):
        assert in_use(tmp_path / "a")
