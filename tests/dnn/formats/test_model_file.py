import json
import tracemalloc
import zipfile

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.formats.model_file import FORMAT, load_model, save_model
from dnn.layers import BatchNorm, Dense
from dnn.losses import softmax
from dnn.model import Model
from dnn.network import Network
from tests.networks import mlp


@pytest.fixture
def model():
    network = mlp([4, 5, 3], "tanh", dropout=0.25)
    network.initialize(np.random.default_rng(0))
    return Model(network, np.array(["a", "b", "c"]), {"dataset": "blobs", "loss": 0.5})


@pytest.fixture(name="X")
def inputs():
    return np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)


def write(path, model, drop=None, params=None, **changes):
    """A model file by hand, with changes to its header."""
    header = {"format": FORMAT, "network": model.network.config(), "classes": model.classes.tolist(), "about": {}}
    header.pop(drop, None)
    params = model.network.params if params is None else params
    np.savez(path, header=json.dumps(header | changes), params=params, state=model.network.state)


@pytest.mark.parametrize("classes", [["a", "b", "c"], [3, 5, 9], [0.5, 1.5, 2.5], [False, True]], ids=str)
def test_a_model_comes_back_whole(classes, X, tmp_path):
    network = mlp([4, 5, len(classes)])
    network.initialize(np.random.default_rng(0))
    model = Model(network, np.array(classes), {"dataset": "blobs", "loss": 0.5})
    save_model(tmp_path / "m.npz", model)
    loaded = load_model(tmp_path / "m.npz")
    assert loaded.about == model.about
    assert loaded.classes.dtype == model.classes.dtype
    assert loaded.network.config() == model.network.config()
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_probabilities_and_labels_belong_to_the_logits(model, X):
    logits = model.network.logits(X)
    np.testing.assert_allclose(model.predict_proba(X), softmax(logits), rtol=1e-6)
    assert model.predict(X).tolist() == ["abc"[k] for k in logits.argmax(axis=1)]


def test_the_same_model_gives_the_same_bytes_at_any_time(model, tmp_path, monkeypatch):
    save_model(tmp_path / "now.npz", model)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    save_model(tmp_path / "later.npz", load_model(tmp_path / "now.npz"))
    assert (tmp_path / "now.npz").read_bytes() == (tmp_path / "later.npz").read_bytes()


def test_a_file_written_by_hand_is_read(model, X, tmp_path):
    write(tmp_path / "m.npz", model)
    np.testing.assert_array_equal(load_model(tmp_path / "m.npz").predict(X), model.predict(X))


SMALL = {"kind": "dense", "units": 3, "initializer": "xavier"}


@pytest.mark.parametrize(
    "changes",
    [
        {"format": FORMAT + 1},
        {"format": "1"},
        {"drop": "format"},
        {"params": np.zeros(7, np.float32)},
        {"params": np.zeros(43)},
        {"params": np.zeros((43, 1), np.float32)},
        {"params": np.array([{}] * 43, dtype=object)},
        {"network": {"input_shape": [4], "layers": [SMALL]}},
        {"drop": "network"},
        {"drop": "classes"},
        {"drop": "about"},
        {"network": {"layers": [SMALL]}},
        {"network": {"input_shape": [4], "layers": [{"kind": "attention"}]}},
        {"network": {"input_shape": [4, 4], "layers": [SMALL]}},
        {"network": {"input_shape": [4], "layers": [SMALL | {"units": "3"}]}},
        {"classes": ["a", "b"]},
        {"classes": [{}, {}, {}]},
        {"classes": None},
        {"classes": 3},
        {"classes": ["a", "b", None]},
        {"classes": [["a"], ["b"], ["c"]]},
        {"classes": ["a", "b", "a"]},
        {"classes": [1, 2, 1.0]},
        {"classes": [1, 2, "a"]},
        {"classes": [1, 2, 10**30]},
        {"classes": [0, 1, float("nan")]},
        {"classes": [0.5, 1, 2**63 + 1]},
        {"about": {"loss": float("nan")}},
        {"temperature": 10**400},
        {"members": [[1]]},
        {"params": np.full(43, np.nan, np.float32)},
        {"params": np.array([np.inf, *[0] * 42], np.float32)},
    ],
    ids=str,
)
def test_a_file_that_does_not_fit_is_named(changes, model, tmp_path):
    path = tmp_path / "m.npz"
    write(path, model, **changes)
    with pytest.raises(InputError, match=r"m\.npz"):
        load_model(path)


HUGE = 10**13
CONV, END = {"kind": "conv", "filters": 1, "kernel": 3}, {"kind": "globalavgpool"}


@pytest.mark.parametrize(
    "network",
    [
        {"input_shape": [4], "layers": [{"kind": "dense", "units": HUGE}]},
        {"input_shape": [HUGE], "layers": [{"kind": "relu"}, {"kind": "dense", "units": 3}]},
        {"input_shape": [HUGE], "layers": [{"kind": "batchnorm"}]},
        {"input_shape": [4, 4, 1], "layers": [CONV | {"filters": HUGE}, END]},
        {"input_shape": [4, 4, 1], "layers": [CONV | {"kernel": HUGE, "padding": "same"}, END]},
        {"input_shape": [HUGE, HUGE, 1], "layers": [{"kind": "maxpool", "size": HUGE}, END]},
        {"input_shape": [4], "layers": [{"kind": "residual", "layers": [{"kind": "dense", "units": HUGE}, SMALL]}]},
        {"input_shape": [4], "layers": [{"kind": "dense", "units": 10**400}]},
    ],
    ids=str,
)
def test_huge_sizes_are_named_before_memory_is_asked_for(network, model, tmp_path):
    write(tmp_path / "m.npz", model, network=network)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"m\.npz is damaged"):
            load_model(tmp_path / "m.npz")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("name", "shape", "kind", "message"),
    [
        ("params", (10**9,), "<f4", "its params has 0 bytes, its header promises 4,000,000,000"),
        ("params", (10**9, 10**9), "<f4", "its params has 0 bytes"),
        ("header", (), "<U100000000", "its header has 0 bytes"),
        ("header", (10**9,), "<U10", "its header has 0 bytes"),
    ],
)
def test_arrays_that_would_unfold_to_gigabytes_are_not_read(name, shape, kind, message, model, tmp_path):
    write(tmp_path / "whole.npz", model)
    with zipfile.ZipFile(tmp_path / "whole.npz") as whole, zipfile.ZipFile(tmp_path / "m.npz", "w") as archive:
        for member in whole.namelist():
            if member != f"{name}.npy":
                archive.writestr(member, whole.read(member))
        with archive.open(f"{name}.npy", "w") as file:
            layout = {"descr": kind, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, layout)
    with pytest.raises(InputError, match=rf"m\.npz is damaged, .*{message}"):
        load_model(tmp_path / "m.npz")


def test_a_small_file_whose_network_would_take_gigabytes_is_named(model, tmp_path):
    layers = [{"kind": "conv", "filters": 8, "kernel": 1, "bias": False}, {"kind": "globalavgpool"}]
    params = np.zeros(8, np.float32)
    write(tmp_path / "m.npz", model, network={"input_shape": [10**5, 10**5, 1], "layers": layers}, params=params)
    with pytest.raises(InputError, match=r"a layer needs 2[\d,]+ numbers for one example, it should be at most 268"):
        load_model(tmp_path / "m.npz")


def test_a_variance_below_0_is_named(tmp_path):
    network = Network([BatchNorm(), Dense(2)], (3,))
    network.initialize(np.random.default_rng(0))
    network.layers[0].state["var"][1] = -0.5
    save_model(tmp_path / "m.npz", Model(network, np.arange(2)))
    with pytest.raises(InputError, match=r"m\.npz is damaged: a variance among its state is below 0"):
        load_model(tmp_path / "m.npz")


def test_a_header_of_layers_without_end_is_named(model, tmp_path):
    layer = json.dumps(SMALL)
    for _ in range(300):
        layer = '{"kind": "residual", "layers": [' + layer + "]}"
    write(tmp_path / "m.npz", model, network={"input_shape": [4], "layers": [json.loads(layer)]})
    with pytest.raises(InputError, match=r"m\.npz is not a model file: its header is nested more than"):
        load_model(tmp_path / "m.npz")


@pytest.mark.parametrize("header", ["[" * 200_000, "{", "[]", "1", "null", '"text"'])
def test_a_header_that_is_no_header_is_named(header, tmp_path):
    np.savez(tmp_path / "m.npz", header=header, params=np.zeros(3, np.float32), state=np.zeros(0, np.float32))
    with pytest.raises(InputError, match=r"m\.npz"):
        load_model(tmp_path / "m.npz")


@pytest.mark.parametrize("keep", [0, 10, 100, 400, -1, -30])
def test_a_truncated_file_is_named(keep, model, tmp_path):
    path = tmp_path / "m.npz"
    save_model(path, model)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"m\.npz"):
        load_model(path)


def test_a_model_that_cannot_be_written_leaves_the_old_file(model, tmp_path):
    save_model(tmp_path / "m.npz", model)
    before = (tmp_path / "m.npz").read_bytes()
    for value in ({1, 2}, float("nan")):  # JSON has no sets, and no NaN
        model.about = {"loss": value}
        refused = r"about is \{'loss': (nan|\{1, 2\})\} and the temperature 1.0, which JSON cannot hold"
        with pytest.raises(InputError, match=refused):
            save_model(tmp_path / "m.npz", model)
    assert (tmp_path / "m.npz").read_bytes() == before
