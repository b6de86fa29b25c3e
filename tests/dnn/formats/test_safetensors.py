import json

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.ensemble import Ensemble
from dnn.formats.model_file import header_of
from dnn.formats.safetensors import export_safetensors
from dnn.layers import BatchNorm, Dense, ReLU, Residual
from dnn.model import Model
from dnn.network import Network
from tests.networks import mlp


@pytest.fixture
def model(rng):
    network = Network([Dense(4), BatchNorm(), ReLU(), Residual([Dense(4)]), Dense(3)], (5,))
    network.initialize(rng)
    network.state += 0.5
    return Model(network, np.array(["a", "b", "c"]), {"dataset": "blobs"}, 1.5)


def read(path):
    safetensors = pytest.importorskip("safetensors")
    with safetensors.safe_open(path, "np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118  no mapping


def test_every_array_comes_back_under_the_number_of_its_layer(model, tmp_path):
    pytest.importorskip("safetensors")
    export_safetensors(tmp_path / "m.safetensors", model)
    tensors, metadata = read(tmp_path / "m.safetensors")
    layers = model.network.layers
    assert set(tensors) == {
        *("1.W", "1.b", "2.gamma", "2.beta", "2.mean", "2.var", "4.0.W", "4.0.b", "5.W", "5.b"),
    }
    np.testing.assert_array_equal(tensors["1.W"], layers[0].parameters["W"])
    np.testing.assert_array_equal(tensors["2.var"], layers[1].state["var"])
    np.testing.assert_array_equal(tensors["4.0.W"], layers[3].parameters["0.W"])
    assert sum(tensor.size for tensor in tensors.values()) == model.network.params.size + model.network.state.size
    assert json.loads(metadata["header"]) == header_of(model)


def test_members_of_an_ensemble_are_told_apart(tmp_path, rng):
    pytest.importorskip("safetensors")
    members = [Model(mlp([2, 3]), np.arange(3)) for _ in range(2)]
    for member in members:
        member.network.initialize(rng)
    export_safetensors(tmp_path / "e.safetensors", Ensemble(members))
    tensors, _ = read(tmp_path / "e.safetensors")
    assert set(tensors) == {"member 1.1.W", "member 1.1.b", "member 2.1.W", "member 2.1.b"}
    np.testing.assert_array_equal(tensors["member 2.1.W"], members[1].network.layers[0].parameters["W"])


def test_the_same_model_gives_the_same_bytes(model, tmp_path):
    pytest.importorskip("safetensors")
    for name in "ab":
        export_safetensors(tmp_path / name, model)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_without_the_package_it_says_what_to_install(model, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors", None)
    monkeypatch.delitem(__import__("sys").modules, "safetensors.numpy", raising=False)
    with pytest.raises(InputError, match=r"safetensors is not installed; run `pip install"):
        export_safetensors(tmp_path / "m", model)
    assert not list(tmp_path.iterdir())
