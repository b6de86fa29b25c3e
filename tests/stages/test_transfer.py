"""The transfer stage takes every network that params.yaml can describe."""

import numpy as np
import pytest

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


@pytest.mark.parametrize(("hidden", "members"), [([8], 1), (CNN, 1), ([8], 2)], ids=["dense", "cnn", "ensemble"])
def test_every_network_is_compared(rng, monkeypatch, tmp_path, hidden, members):
    models = []
    for _ in range(members):
        network = build_network(784, hidden, 10)
        network.initialize(rng)
        models.append(Model(network, np.arange(10)))
    save_model(tmp_path / "m.npz", models[0] if members == 1 else Ensemble(models))
    monkeypatch.setattr(transfer, "SEEDS", 1)
    monkeypatch.setattr(transfer, "LABELLED", (10,))
    monkeypatch.setitem(transfer.RECIPE, "epochs", 1)
    transfer.main(tmp_path / "m.npz", tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0] == "images,seed,method,accuracy"
    assert len(lines) == 1 + 3
