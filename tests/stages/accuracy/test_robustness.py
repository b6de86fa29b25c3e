"""Kept models on digits that are not MNIST's."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dnn.base.errors import InputError
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages.accuracy import robustness
from stages.accuracy.declared import find_preset
from stages.accuracy.seeds import kept_at
from stages.accuracy.table import COLUMNS, read, write
from stages.project.paths import pipeline_path
from tests.networks import mlp
from tests.splits import noise


@pytest.fixture
def folder(tmp_path, rng):
    """Kept models, with rows: two of the default, one of the baseline, one of the default with other settings; and a
    row of the default whose model was not kept.
    """
    rows = []
    for name, seed in (("default", 1), ("default", 0), ("default", 3), ("baseline", 0), ("default", 4)):
        settings = "old" if seed == 1 else find_preset(name).settings
        row = dict.fromkeys(COLUMNS, 1) | {"preset": name, "seed": seed, "settings": settings, "dataset": "MNIST"}
        rows.append(row | dict.fromkeys(("code", "software", "data"), "same"))
        network = mlp([784, 10])
        network.initialize(rng)
        if seed != 4:
            save_model(kept_at(tmp_path / "models", rows[-1]), Model(network, np.arange(10)))
    write(tmp_path / "seeds.csv", pd.DataFrame(rows).astype(COLUMNS))
    return tmp_path / "models"


@pytest.fixture
def test_set():
    images = noise(40)
    return replace(images, dataset=images.dataset | {"name": "MNIST"})


def test_table_page_and_figure(folder, test_set, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(robustness, "CORRUPTIONS", dict.fromkeys(robustness.MOVES))
    monkeypatch.setattr(robustness, "corrupted", lambda X, name: 1 - X if name == "scale" else X)
    robustness.measure(folder, test_set, tmp_path / "robustness.csv", tmp_path / "seeds.csv")
    rows = pd.read_csv(tmp_path / "robustness.csv")
    assert rows["condition"].unique().tolist() == [robustness.CLEAN, *robustness.MOVES, robustness.SMALL]
    assert sorted(set(zip(rows["preset"], rows["seed"], strict=True))) == [
        ("baseline", 0),
        ("default", 0),
        ("default", 3),
    ]
    ((_, model), _) = robustness.models_of(folder, find_preset("default"), read(tmp_path / "seeds.csv"))
    own = rows[(rows["preset"] == "default") & (rows["seed"] == 0)].set_index("condition")["accuracy"]
    assert (
        own[robustness.CLEAN]
        == own["rotation"]
        == pytest.approx((model.predict(test_set.images) == test_set.digits).mean())
    )
    assert own["scale"] == pytest.approx((model.predict(1 - test_set.images) == test_set.digits).mean())
    means = rows.groupby(["condition", "preset"])["accuracy"].mean()
    told = capsys.readouterr().out
    assert f"| scale | {100 * means['scale', 'default']:.2f} | {100 * means['scale', 'baseline']:.2f} |" in told
    lost = 100 * (means[robustness.CLEAN] - means["scale"])
    assert f"scale {lost['default']:.1f} points where the baseline loses {lost['baseline']:.1f}" in told
    assert "default 2, baseline 1" in (tmp_path / "robustness.md").read_text()
    assert (tmp_path / "robustness.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_without_models(test_set, tmp_path):
    with pytest.raises(InputError, match=r"has no models that rows of .* are of; `python -m stages.seeds --preset"):
        robustness.measure(tmp_path, test_set, tmp_path / "robustness.csv", tmp_path / "seeds.csv")


def test_another_data_set_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match="the test set is of noise, presets are of MNIST"):
        robustness.measure(folder, noise(10), tmp_path / "robustness.csv", tmp_path / "seeds.csv")
    assert not (tmp_path / "robustness.csv").exists()


def test_the_table_that_is_shipped_is_of_the_presets_that_are_shipped():
    rows = pd.read_csv(pipeline_path("seeds").with_name("robustness.csv"), dtype=str)
    assert dict(zip(rows["preset"], rows["settings"], strict=True)) == {
        name: find_preset(name).settings for name in rows["preset"].unique()
    }, "`python -m stages.presets robustness` measures the others"
