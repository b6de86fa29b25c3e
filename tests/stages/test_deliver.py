"""The finished training in place of the last one, whole or not at all."""

from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages import deliver
from tests.networks import mlp


@pytest.fixture(autouse=True)
def trainings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder, content in (("trained", "new"), ("reports/train", "old")):
        Path(folder, "plots").mkdir(parents=True)
        Path(folder, "plots", content).write_text(content)
    save_model("m.npz", Model(mlp([4, 2]), np.arange(2)))
    Path("model.npz").write_text("old model")


def files(folder):
    return sorted(path.name for path in Path(folder).rglob("*"))


def test_what_was_there_is_replaced_and_what_was_trained_stays():
    deliver.main(Path("m.npz"), Path("trained"), Path("model.npz"), Path("reports/train"))
    assert Path("model.npz").read_bytes() == Path("m.npz").read_bytes()
    assert files("reports/train") == files("trained") == ["new", "plots"]
    assert files("reports") == ["new", "plots", "train"]


def test_what_was_there_stays_where_the_training_is_not_whole():
    with pytest.raises(FileNotFoundError):
        deliver.main(Path("m.npz"), Path("missing"), Path("model.npz"), Path("reports/train"))
    assert Path("model.npz").read_text() == "old model"
    assert files("reports") == ["old", "plots", "train"]


def test_a_device_in_place_of_the_model_is_not_copied_without_end():
    Path("zeros.npz").symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"zeros\.npz is a pipe or a device"):
        deliver.main(Path("zeros.npz"), Path("trained"), Path("model.npz"), Path("reports/train"))
    assert Path("model.npz").read_text() == "old model"
    assert files("reports") == ["old", "plots", "train"]


def test_what_was_there_stays_without_a_model():
    Path("m.npz").unlink()
    with pytest.raises(InputError, match=r"^m.npz is missing; `dvc repro train` makes it$"):
        deliver.main(Path("m.npz"), Path("trained"), Path("model.npz"), Path("reports/train"))
    Path("m.npz").touch()
    with pytest.raises(InputError, match=r"^m.npz is no .npz file, or not a whole one$"):
        deliver.main(Path("m.npz"), Path("trained"), Path("model.npz"), Path("reports/train"))
    assert files("reports") == ["old", "plots", "train"]
