"""Kept models on digits that are not MNIST's."""

import numpy as np
import pandas as pd
import pytest

from dnn.base.errors import InputError
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages.accuracy import robustness
from stages.accuracy.declared import find_preset
from stages.accuracy.seeds import kept_at
from tests.networks import mlp
from tests.splits import noise


@pytest.fixture
def folder(tmp_path, rng):
    """Two models of the default, one of the baseline, one of the default with other settings."""
    for name, seed, settings in (("default", 0, ""), ("default", 3, ""), ("baseline", 0, ""), ("default", 1, "old")):
        network = mlp([784, 10])
        network.initialize(rng)
        path = kept_at(tmp_path / "models", name, seed, settings or find_preset(name).settings)
        save_model(path, Model(network, np.arange(10)))
    return tmp_path / "models"


def test_table_page_and_figure(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(robustness, "CORRUPTIONS", dict.fromkeys(robustness.MOVES))
    monkeypatch.setattr(robustness, "corrupted", lambda X, name: 1 - X if name == "scale" else X)
    test = noise(40)
    robustness.measure(folder, test, tmp_path / "robustness.csv")
    rows = pd.read_csv(tmp_path / "robustness.csv")
    assert rows["condition"].unique().tolist() == [robustness.CLEAN, *robustness.MOVES, robustness.SMALL]
    assert sorted(set(zip(rows["preset"], rows["seed"], strict=True))) == [
        ("baseline", 0),
        ("default", 0),
        ("default", 3),
    ]
    ((_, model), _) = robustness.models_of(folder, find_preset("default"))
    own = rows[(rows["preset"] == "default") & (rows["seed"] == 0)].set_index("condition")["accuracy"]
    assert own[robustness.CLEAN] == own["rotation"] == pytest.approx((model.predict(test.images) == test.digits).mean())
    assert own["scale"] == pytest.approx((model.predict(1 - test.images) == test.digits).mean())
    means = rows.groupby(["condition", "preset"])["accuracy"].mean()
    told = capsys.readouterr().out
    assert f"| scale | {100 * means['scale', 'default']:.2f} | {100 * means['scale', 'baseline']:.2f} |" in told
    lost = 100 * (means[robustness.CLEAN] - means["scale"])
    assert f"scale {lost['default']:.1f} points where the baseline loses {lost['baseline']:.1f}" in told
    assert "default 2, baseline 1" in (tmp_path / "robustness.md").read_text()
    assert (tmp_path / "robustness.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_without_models(tmp_path):
    with pytest.raises(InputError, match="has no models of presets"):
        robustness.measure(tmp_path, noise(10), tmp_path / "robustness.csv")
