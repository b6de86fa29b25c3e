"""The soak test itself: what it finds is found, and the page says what the record says."""

import json
import os
import random
import signal
import time
from itertools import islice
from pathlib import Path

import pytest
import yaml

from dnn.base.errors import InputError
from dnn.base.yaml12 import parse
from tests.soak import faults, parameters, record, report, rows
from tests.soak.clock import Clock
from tests.soak.events import counting, killing, read_only
from tests.soak.inspected import ended
from tests.soak.process import Process
from tests.soak.project import difference, without_times
from tests.soak.rows import Result, Row

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of a process with threads, as xdist's


def test_the_page_says_what_the_record_says():
    page = report.PAGE.read_text()
    assert report.filled(page, record.load(record.PATH)) == page


def test_the_record_has_every_row():
    assert [row.name for row in record.load(record.PATH).rows] == list(rows.ROWS)


def test_a_page_without_marks_is_named():
    with pytest.raises(InputError, match=r"SECURITY\.md has no lines"):
        report.filled("text", record.Record("2026-01-01", "a processor", 1, 1, []))


def test_a_record_comes_back(tmp_path):
    made = record.Record("2026-01-01", "a processor", 2, 2.1, [Result("name", "what", 3, failures=["so"])])
    record.save(tmp_path / "soak.json", made)
    assert record.load(tmp_path / "soak.json") == made


def test_rows_that_were_tried_alone_take_their_place_beside_the_others(tmp_path):
    path, order = tmp_path / "soak.json", ["a", "b", "c"]
    whole = record.Record("2026-01-01", "one", 27, 25, [Result(name, "what", 3, failed=1) for name in order])
    assert record.beside(path, whole, order) is whole, "there is no other"
    record.save(path, whole)
    again = record.Record("2026-01-02", "two", 5, 2.5, [Result("b", "what", 3)])
    found = record.beside(path, again, order)
    assert [(row.name, row.failed) for row in found.rows] == [("a", 1), ("b", 0), ("c", 1)]
    assert (found.date, found.minutes) == ("2026-01-02", 27.5)
    assert record.beside(path, whole, order) is whole, "all rows are new"


@pytest.mark.parametrize(
    ("most", "seconds", "tried", "whole"), [(4, 60, 4, True), (None, 60, 9, True), (8, 0, 2, False)]
)
def test_a_row_ends_with_its_tries_or_its_time(most, seconds, tried, whole, monkeypatch):
    def tries(_):
        yield from ["", "wrong\nso"] + [""] * 7

    monkeypatch.setitem(rows.ROWS, "row", Row("what", tries, most, 1, least=2))
    result = rows.measured("row", seconds, Path())
    assert (result.tried, result.failed, result.failures, result.whole) == (tried, 1, ["wrong so"], whole)
    assert result.peak_memory > 0


def test_a_row_that_fails_itself_is_a_failure(monkeypatch):
    def tries(_):
        yield ""
        raise OSError("no openssl")

    monkeypatch.setitem(rows.ROWS, "row", Row("what", tries, None, 1))
    result = rows.measured("row", 60, Path())
    assert (result.tried, result.failed, result.whole) == (1, 1, False)
    assert "no openssl" in result.failures[0]


def test_what_a_row_does_not_need_the_later_ones_have():
    clock = Clock({"a": (10, 2), "b": (20, 1), "c": (10, 1)}, 100)
    with clock.share("a") as first:
        assert first == pytest.approx(10 + 160 / 2, abs=1)
        with clock.share("b") as second:
            assert second == pytest.approx(20 + (200 - 90 - 30) / 2, abs=1)
    with clock.share("c") as third:
        assert third == pytest.approx(100, abs=1), "nothing runs beside it, and it has no more than there is"
    assert clock.last == pytest.approx(clock.end + 10)


def test_after_the_end_there_is_no_time():
    clock = Clock({"a": (5, 1), "b": (5, 1)}, -1)
    with clock.share("a") as seconds:
        assert seconds == 0


def test_what_a_process_said_is_there_when_it_ends(tmp_path):
    program = "import sys, tempfile; print(tempfile.gettempdir(), flush=True); sys.exit('wrong')"
    done = ended(["-c", program], time.monotonic() + 60, tmp_path)
    assert (done.status, done.said) == (1, f"{tmp_path}\nwrong\n")


def test_a_process_that_takes_too_long_is_ended_with_its_children(tmp_path):
    child = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    program = f"import subprocess, sys; print('so', flush=True); subprocess.run([sys.executable, '-c', {child!r}])"
    done = ended(["-c", program], time.monotonic() + 2, tmp_path)
    assert (done.status, done.said) == (None, "so\n")
    assert 0 < done.silent < 10
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_row_that_is_ended_has_what_it_told_last(capsys):
    for tried in 1, 2:
        rows.write(Result("name", "what", 9, tried))
    said = capsys.readouterr().out
    assert Result.last(f"noise{said}more noise\n") == Result("name", "what", 9, 2)
    assert Result.last("noise\n") is None


def test_failures_are_told_at_once(monkeypatch):
    told = []
    monkeypatch.setitem(rows.ROWS, "row", Row("what", lambda _: iter(["", "wrong", ""]), None, 1))
    rows.measured("row", 60, Path(), lambda result: told.append((result.tried, result.failed)))
    assert told == [(2, 1)]


CHANGES = """
import os, pathlib
pathlib.Path("a").write_text("text" * 100)
with open("b", "wb") as file:
    file.write(bytes(100))
    file.flush()
    os.fsync(file.fileno())
os.replace("b", "c")
open("a").read()
"""


def changed(folder, prepare, monkeypatch):
    """The end of a process that makes those changes: two files opened, one flushed, one renamed."""
    monkeypatch.setattr("tests.soak.process.run_stage", lambda _: exec(CHANGES))
    return Process(folder, "check", prepare).end()


def test_changes_are_counted_and_reading_is_none(tmp_path, monkeypatch):
    prepare, count = counting(tmp_path)
    assert changed(tmp_path, prepare, monkeypatch).status == 0
    assert count() == 4


@pytest.mark.parametrize(
    ("number", "left"), [(1, {}), (2, {"a": 400}), (3, {"a": 400, "b": 50}), (4, {"a": 400, "b": 100})]
)
def test_a_process_is_killed_before_a_change_and_in_the_midst_of_a_write(tmp_path, monkeypatch, number, left):
    assert changed(tmp_path, killing(tmp_path, number), monkeypatch).status == -signal.SIGKILL
    assert {path.name: path.stat().st_size for path in tmp_path.iterdir()} == left


def test_a_read_only_folder_is_one_for_everyone(tmp_path, monkeypatch):
    ended = changed(tmp_path, read_only(tmp_path), monkeypatch)
    assert ended.status == 70
    assert "Read-only file system" in ended.said
    assert not ended.refused()
    assert not list(tmp_path.iterdir())


def test_states_are_told_apart():
    assert difference({"a": b"1", "b": b""}, {"a": b"1", "b": b""}) == ""
    told = difference({"a": b"1", "b": b""}, {"a": b"2", "c": b""})
    assert told == "too many: b; missing: c; of other bytes: a"


def test_tables_of_seeds_may_differ_in_their_times_alone():
    table = b'seed,seconds,ended,machine,data\n0,2.5,2026-01-01T00:00Z,"a processor, 2 cores",x\n'
    assert without_times(table.replace(b"2.5,2026", b"3.1,2027")) == without_times(table)
    for more in b"0,2.5,,,x\n", b"0":
        assert without_times(table + more) != without_times(table)
    for old in b"0,2.5", b"2 cores", b",x\n", b"data":
        assert without_times(table.replace(old, old.replace(old[:1], b"9", 1))) != without_times(table)


def test_every_fault_of_params_is_one():
    """By YAML's own reading: what loads and is as the shipped file is no fault."""
    shipped = Path("params.yaml").read_text()
    for number in range(100):
        rng = random.Random(number)
        _, content = rng.choice(faults.FAULTS)(shipped, rng)
        assert content != shipped.encode()
    assert json.dumps(yaml.safe_load(shipped)) == json.dumps(parse(shipped, "params.yaml"))


def test_a_few_wrong_params_are_refused(monkeypatch):
    monkeypatch.setattr(parameters, "PROCESSES", 10**9)
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    assert [trouble for trouble in islice(parameters.wrong(Path()), 20) if trouble] == []


@pytest.mark.parametrize(
    ("status", "said", "seconds", "fine"),
    [
        (1, "error: params.yaml: so\n", 0.1, True),
        (0, "", 0.1, False),
        (1, "error: so\nand so\n", 0.1, False),
        (1, "error: so\nTraceback\n", 0.1, False),
        (1, f"error: {'x' * 3000}\n", 0.1, False),
        (1, "error: \x1b[2J\n", 0.1, False),
        (-9, "error: so\n", 0.1, False),
        (1, "error: so\n", 11, False),
    ],
)
def test_what_is_no_line_is_a_failure(status, said, seconds, fine):
    assert (parameters.judged(status, said, seconds) == "") == fine
