"""The command behind the tutorial, on few images."""

import json
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from stages.workers.parallel import Workers
from stages.workers.task import Data
from tests.splits import small_digits
from tests.tutorial import drawing, measure, page

RECORD = json.loads(Path("reports/tutorial/measured.json").read_text())


@pytest.fixture(scope="module")
def data():
    return Data(small_digits(np.arange(300)), small_digits(np.arange(300, 350)))


def test_all_that_the_record_has_can_be_measured(data, monkeypatch):
    monkeypatch.setattr(measure, "SEEDS", 1)
    monkeypatch.setattr(measure, "PIXELS", (1, 1e6))
    monkeypatch.setattr(measure, "DEPTHS", (1, 2))
    alone = Workers(count=1)
    found = {name: getattr(measure, name)(data, alone) for name in ("steps", "pixels", "depths")}
    assert all(found[name].keys() == RECORD[name].keys() for name in found)
    assert all(len(accuracies) == 5 for (accuracies,) in found["steps"].values())
    assert found["steps"]["lesson"][0][-1] > 0.6
    assert found["pixels"]["adam"][1] is not None


def test_a_training_that_diverges_has_no_accuracy(data):
    run = measure.Run([8], {"optimizer": "sgd", "learning_rate": 1e30})
    assert measure.last(measure.train(run, data)) is None


def test_the_engine_takes_less_memory_than_the_lesson(data):
    found = measure.new_memory(data.train.images[:50], data.train.labels[:50])
    assert found["engine"] < found["float32"] / 10 < found["float64"] / 15


def test_every_figure_is_drawn(data, tmp_path, rng):
    record = RECORD | {"depths": RECORD["depths"] | {"without": [None] * len(RECORD["depths"]["layers"])}}
    drawing.draw(record, rng.standard_normal((784, 128)), data.train.images, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in Path("reports/tutorial").glob("*.png")}


def test_a_page_without_a_mark_is_refused():
    with pytest.raises(InputError, match=r"dnn/README.md has no lines .*tutorial: lesson"):
        page.filled("# The engine\n", RECORD)
