"""The range test trains as the training that params.yaml describes."""

import numpy as np
import pytest

from dnn.batches.labels import one_hot
from stages import finder
from stages.datasets.splits import Split
from stages.training.options import options_of


@pytest.fixture
def losses(monkeypatch, rng, tmp_path):
    """From overrides of params.yaml to the losses that are drawn, of 0 ten times as often as of the others."""
    digits = np.where(rng.random(300) < 0.5, 0, rng.integers(0, 10, 300)).astype(np.uint8)
    images = rng.random((300, 784), dtype=np.float32)
    split = Split(images, one_hot(digits, 10), digits, {"name": "made up", "fallback": False})
    drawn = []
    monkeypatch.setattr(finder, "load_split", lambda _: split)
    monkeypatch.setattr(finder, "caption", lambda _: "")
    monkeypatch.setattr(finder.curves, "finder", lambda rates, losses, *_: drawn.append(losses))
    monkeypatch.setattr(finder, "save", lambda *_: None)

    def run(**overrides):
        given = {name.replace("__", "."): value for name, value in overrides.items()}
        monkeypatch.setattr(finder, "options_of", lambda: options_of(given))
        finder.main(tmp_path / "a.png", 1e-4, 1e-2, 6)
        return drawn.pop()

    return run


def test_what_changes_a_training_changes_the_curve(losses):
    plain = losses()
    np.testing.assert_array_equal(losses(), plain)
    for change in ({"train__class_weight": "balanced"}, {"train__label_smoothing": 0.3}, {"train__accumulate": 2}):
        assert not np.allclose(losses(**change), plain, rtol=1e-3), change
