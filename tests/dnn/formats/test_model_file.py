import json

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.formats.model_file import FORMAT, load_model, save_model
from dnn.losses import softmax
from dnn.model import Model
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


@pytest.mark.parametrize("classes", [["a", "b", "c"], [3, 5, 9], [0.5, 1.5, 2.5], [False, True, True]], ids=str)
def test_a_model_comes_back_whole(classes, model, X, tmp_path):
    model.classes = np.array(classes)
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
    ],
    ids=str,
)
def test_a_file_that_does_not_fit_is_named(changes, model, tmp_path):
    path = tmp_path / "m.npz"
    write(path, model, **changes)
    with pytest.raises(InputError, match=r"m\.npz"):
        load_model(path)


@pytest.mark.parametrize("header", ["{", "[]", "1", "null", '"text"'])
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
    model.about = {"loss": {1, 2}}  # JSON has no sets
    with pytest.raises(TypeError):
        save_model(tmp_path / "m.npz", model)
    assert (tmp_path / "m.npz").read_bytes() == before
