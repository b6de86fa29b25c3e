"""The journal file of a search."""

import pytest

from dnn.base.errors import InputError
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
        pytest.raises(InputError, match="in use by another search"),
        open_study(path, "b", {}, None),
    ):
        pass


@pytest.mark.parametrize("text", ["hello\n", "{}\n", "[1]\n{", '{"op_code": 77, "worker_id": "x"}\n', "\x00\xff\n\n"])
def test_a_file_that_is_no_journal_is_an_error_and_stays(path, text):
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"s\.journal is damaged or no journal"), open_study(path, "a", {}, None):
        pass
    assert path.read_text(encoding="latin-1") == text
