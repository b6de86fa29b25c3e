import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.base.npz import write_npz
from dnn.formats.history import KEPT, NAME, as_arrays, read_history

ROW = {"epoch": 1, "learning_rate": 0.1, "train_loss": 0.1 + 0.2, "train_accuracy": 1 / 3}
VALIDATED = ROW | {"val_loss": 1e-300, "val_accuracy": 1.0}


@pytest.mark.parametrize(
    "history", [[], [ROW], [VALIDATED, VALIDATED | {"epoch": 2}], [VALIDATED, ROW | {"epoch": 2}]], ids=len
)
def test_a_history_comes_back_as_it_was(history, tmp_path):
    write_npz(tmp_path / "m.npz", other=np.zeros(1), **as_arrays(history, 1))
    found, kept = read_history(tmp_path / "m.npz")
    assert found == history
    assert kept == min(len(history), 1)
    assert all(type(row["epoch"]) is int for row in found)


GOOD = as_arrays([VALIDATED, VALIDATED | {"epoch": 2}], 1)[NAME]


def changed(row, column, value):
    array = GOOD.copy()
    array[row, column] = value
    return array


@pytest.mark.parametrize(
    "array",
    [
        GOOD[:, :5],
        GOOD[0],
        GOOD.astype(np.float32),
        changed(0, 0, 2),
        changed(1, 0, np.nan),
        changed(0, 1, np.inf),
        changed(0, 2, np.nan),
        changed(1, 5, np.nan),
    ],
    ids=["columns", "axes", "type", "number", "no number", "infinite", "missing", "half"],
)
def test_one_that_is_none_is_refused(array, tmp_path):
    write_npz(tmp_path / "m.npz", **{NAME: array, KEPT: np.int64(1)})
    with pytest.raises(InputError, match=r"m\.npz is damaged: its history is"):
        read_history(tmp_path / "m.npz")


@pytest.mark.parametrize("kept", [np.int64(0), np.int64(3), np.array([1]), np.float64(1)], ids=repr)
def test_a_kept_epoch_that_is_none_is_refused(kept, tmp_path):
    write_npz(tmp_path / "m.npz", **{NAME: GOOD, KEPT: kept})
    with pytest.raises(InputError, match=r"m\.npz is damaged: its history is"):
        read_history(tmp_path / "m.npz")
