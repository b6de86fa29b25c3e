"""The journal file of a search."""

import os
import time
from pathlib import Path

import pytest

from dnn.base.errors import InputError
from stages.tuning.journal import whole_round
from stages.tuning.study import open_study

pytest.importorskip("optuna")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.journal"


def test_a_study_is_not_mixed_with_another_setting(path):
    with open_study(path, "a", {"epochs": 4, "seed": 0}, None):
        pass
    with (
        pytest.raises(InputError, match=r"s.journal: study a was begun with epochs 4, now it is 5; .* --study"),
        open_study(path, "a", {"epochs": 5, "seed": 0}, None),
    ):
        pass


def test_a_journal_is_written_by_one_search_at_a_time(path):
    with (
        open_study(path, "a", {}, None),
        pytest.raises(InputError, match=r"s\.journal is being written by process"),
        open_study(path, "b", {}, None),
    ):
        pass


@pytest.mark.parametrize("text", ["hello\n", "{}\n", "[1]\n{", '{"op_code": 77, "worker_id": "x"}\n', "\x00\xff\n\n"])
def test_a_file_that_is_no_journal_is_an_error_and_stays(path, text):
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"s\.journal is damaged or no journal"), open_study(path, "a", {}, None):
        pass
    assert path.read_text(encoding="latin-1") == text


def test_what_a_killed_search_left_in_the_midst_of_a_line_is_no_hindrance(path):
    """Nor is Optuna's own lock, for whose end it would wait half a minute."""
    with open_study(path, "a", {"epochs": 4}, None):
        pass
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code":2,"wor')
    Path(f"{path}.lock").symlink_to(path)
    started = time.monotonic()
    with open_study(path, "a", {"epochs": 4}, None) as study:
        assert study.user_attrs == {"setting": {"epochs": 4}}
    assert time.monotonic() - started < 10
    assert path.read_bytes().startswith(whole)
    assert b'"wor{' not in path.read_bytes()


def killed(path):
    with open_study(path, "a", {}, None) as study, whole_round(study):
        study.ask()
        raise KeyboardInterrupt


def test_a_round_that_was_not_done_is_taken_back_whatever_study_is_opened_next(path):
    with open_study(path, "a", {}, None) as study, whole_round(study):
        study.ask()
    with pytest.raises(KeyboardInterrupt):
        killed(path)
    with open_study(path, "b", {}, None) as study:
        study.ask()  # not of a round: as of a search by an earlier version
    with open_study(path, "a", {}, None) as study:
        assert len(study.trials) == 1
    with open_study(path, "b", {}, None) as study:
        assert len(study.trials) == 1


def test_what_is_no_file_is_not_waited_for(path):
    def opened():
        with open_study(path, "a", {}, None):
            pass

    os.mkfifo(path)
    with pytest.raises(InputError, match=r"s\.journal is a pipe or a device"):
        opened()
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(InputError, match=r"s\.journal cannot be read"):
        opened()
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InputError, match=r"s\.journal has 1,073,741,824 bytes, it should have at most 268,435,456"):
        opened()
