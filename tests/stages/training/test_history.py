"""The history of a training: as many epochs as it had, or one line."""

import json

import pytest

from dnn.base.errors import InputError
from stages.training.history import NAMES, kept_epochs, load_history


@pytest.fixture
def training(tmp_path):
    (tmp_path / "plots/metrics").mkdir(parents=True)
    (tmp_path / "statistics.json").write_text(json.dumps({"epochs": 3}))
    for name in NAMES:
        table(tmp_path, name).write_text(f"step\t{name}\n0\t0.5\n1\t0.25\n2\t0.125\n")
    return tmp_path


def table(training, name):
    return training / f"plots/metrics/{name}.tsv"


def test_every_epoch_has_its_values(training):
    history = load_history(training)
    assert history["epoch"].tolist() == [1, 2, 3]
    assert all(history[name].tolist() == [0.5, 0.25, 0.125] for name in NAMES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is another file, or of another version: no column step, val_loss"),
        ("step\tval_loss\n", "is not whole: it has 0 rows, needed is 3"),
        ("step\tval_loss\n0\t0.5\n1\t0.25\n", "is not whole: it has 2 rows, needed is 3"),
        ("step\tval_loss\n0\t0.5\n1\t0.25\n2\t0.1", "is not whole"),
        ("step\tval_loss\n0\t0.5\n1\tnan\n2\t0.1\n", "is damaged: val_loss has a value that is no finite number"),
        (None, "is missing; `dvc repro deliver` makes it"),
    ],
)
def test_a_table_that_is_not_whole_is_named(text, message, training):
    path = table(training, "val_loss")
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    with pytest.raises(InputError, match=rf"val_loss\.tsv {message}"):
        load_history(training)


@pytest.mark.parametrize("text", ["{}", "", '{"epochs": "3"}', '{"epochs": 1e400}', '{"epochs": 1000000000000000}'])
def test_statistics_that_tell_no_epochs_are_named(text, training):
    (training / "statistics.json").write_text(text)
    with pytest.raises(InputError, match="`dvc repro -f deliver` makes it anew"):
        load_history(training)


def test_the_epochs_that_were_kept_count_on_from_member_to_member(training):
    told = {"epochs": 7, "members": [{"epochs": 3, "kept_epoch": 2}, {"epochs": 4, "kept_epoch": 4}]}
    (training / "statistics.json").write_text(json.dumps(told))
    assert kept_epochs(training) == [2, 7]
