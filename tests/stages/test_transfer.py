"""The transfer command takes every network that params.yaml can describe."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnn.base.errors import InputError
from dnn.ensemble import Ensemble
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages import transfer
from tests.networks import build_network

CNN = [
    {"conv": {"filters": 2, "kernel": 3, "stride": 2}},
    "batchnorm",
    "relu",
    {"residual": {"layers": [{"conv": {"filters": 2, "kernel": 3, "padding": "same"}}]}},
    "globalavgpool",
    8,
]


DIGITS = {"dataset": {"name": "scikit-learn digits"}}
MNIST = {"dataset": {"name": "MNIST", "train_images": 60000, "test_images": 10000}}


def with_about(about, inner=None):
    """A model, or with `inner` an ensemble whose member has that."""
    member = Model(build_network(784, [], 10), np.arange(10), about if inner is None else inner)
    return member if inner is None else Ensemble([member], about)


@pytest.mark.parametrize(
    "known",
    [
        with_about(DIGITS),
        with_about({"dataset": {"name": "scikit-learn digits (fallback)"}}),
        with_about(MNIST | {"start_from": DIGITS}),
        with_about(MNIST | {"start_from": {"start_from": DIGITS}}),
        with_about(DIGITS, {}),
        with_about({}, DIGITS),
    ],
    ids=["itself", "fallback", "started from", "twice started from", "ensemble", "member of an ensemble"],
)
def test_a_model_that_knows_these_images_is_refused(tmp_path, known):
    save_model(tmp_path / "m.npz", known)
    with pytest.raises(InputError, match="learned scikit-learn digits"):
        transfer.main(tmp_path / "m.npz")


@pytest.mark.parametrize(
    ("model", "notes"),
    [
        (with_about(MNIST), 0),
        (with_about(MNIST, {}), 0),
        (with_about(MNIST | {"start_from": MNIST}), 0),
        (with_about({}), 1),
        (with_about(MNIST | {"start_from": {}}), 1),
    ],
    ids=["tells", "ensemble", "started from", "silent", "started from a silent one"],
)
def test_a_model_that_does_not_tell_what_it_learned_is_named(capsys, model, notes):
    transfer.check_unseen(model, Path("m.npz"))
    assert capsys.readouterr().err.count("note: m.npz does not tell") == notes


def test_a_model_of_images_of_another_size_is_refused(tmp_path):
    dataset = {"name": "letters", "classes": ["a", "b"]}
    save_model(tmp_path / "m.npz", Model(build_network(400, [], 2), np.arange(2), {"dataset": dataset}))
    with pytest.raises(InputError, match=r"inputs of shape \(400,\), digits have 784 pixels"):
        transfer.main(tmp_path / "m.npz")


@pytest.mark.parametrize(("hidden", "members"), [([8], 1), (CNN, 1), ([8], 2)], ids=["dense", "cnn", "ensemble"])
def test_every_network_is_compared(rng, monkeypatch, tmp_path, capsys, hidden, members):
    models = []
    for _ in range(members):
        network = build_network(784, hidden, 10)
        network.initialize(rng)
        models.append(Model(network, np.arange(10)))
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text("vars: [{path: {model: m/model.npz}}]")
    save_model("m/model.npz", models[0] if members == 1 else Ensemble(models))
    monkeypatch.setattr(transfer, "SEEDS", 1)
    monkeypatch.setattr(transfer, "LABELLED", (10,))
    monkeypatch.setitem(transfer.RECIPE, "epochs", 1)
    transfer.main()
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 60, "two more columns fit a terminal"
    methods = ["all layers, slowly but the last", "from scratch", "the last layer only"]
    assert [line.rpartition(" ")[0].strip() for line in printed.splitlines()] == ["labelled images", *methods]
    transfer.main(Path("m/model.npz"), Path("out/t.csv"), Path("out/t.png"))
    assert capsys.readouterr().out == printed
    with Path("out/t.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["images"], row["seed"]) for row in rows] == [("10", "0")] * 3
    assert all(f"{float(row['accuracy']):.1%}" in printed for row in rows)
    with Image.open("out/t.png") as figure:
        assert figure.width > 300
