import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp, softmax

from dnn.base.errors import InputError
from dnn.ensemble import Ensemble
from dnn.formats.model_file import load_model, load_single, save_model
from dnn.layers import BatchNorm, Conv2D, Dense, Flatten
from dnn.model import Model
from dnn.network import Network
from tests.networks import mlp


def make(network, seed=0, classes=("a", "b", "c"), **options):
    network.initialize(np.random.default_rng(seed))
    return Model(network, np.array(classes), **options)


@pytest.fixture
def ensemble():
    image = Network([Conv2D(2, 3), BatchNorm(), Flatten(), Dense(3)], (4, 4, 1))
    members = [make(mlp([16, 5, 3])), make(mlp([16, 3]), 1, temperature=3.0), make(image, 2)]
    image.state[...] = [1, 2, 3, 4]
    return Ensemble(members, {"dataset": "noise"}, temperature=0.5)


@pytest.fixture(name="X")
def inputs(rng):
    return rng.normal(size=(20, 16)).astype(np.float32)


def test_probabilities_are_the_mean_of_the_members(ensemble, X):
    mean = np.mean([member.predict_proba(X) for member in ensemble.members], axis=0)
    power = mean ** (1 / ensemble.temperature)
    np.testing.assert_allclose(ensemble.predict_proba(X), power / power.sum(axis=1, keepdims=True), rtol=1e-5)
    assert ensemble.predict_proba(X).dtype == np.float32
    assert ensemble.predict(X).tolist() == ["abc"[k] for k in mean.argmax(axis=1)]


def test_one_member_is_as_good_as_alone(ensemble, X):
    alone = ensemble.members[1]
    np.testing.assert_allclose(Ensemble([alone]).predict_proba(X), alone.predict_proba(X), rtol=1e-6)


def test_members_that_are_certain_beyond_float32_are_no_trouble(ensemble, X):
    for member in ensemble.members:
        member.network.params *= 1e3
    p = ensemble.predict_proba(X)
    assert np.isfinite(ensemble.logits(X)).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("temperature", [0.05, 1.0, 40.0])
def test_any_temperature_of_members_that_are_certain(ensemble, X, temperature):
    ensemble.temperature = temperature
    for member in ensemble.members:
        member.network.params *= 30
    logs = [log_softmax(m.network.logits(X.astype(float)) / m.temperature, axis=1) for m in ensemble.members]
    expected = softmax((logsumexp(logs, axis=0) - np.log(3)) / temperature, axis=1)
    np.testing.assert_allclose(ensemble.predict_proba(X.astype(float)), expected, atol=1e-9)
    np.testing.assert_allclose(ensemble.predict_proba(X), expected, atol=1e-3)


def test_it_comes_back_whole_from_one_file(ensemble, X, tmp_path):
    save_model(tmp_path / "e.npz", ensemble)
    loaded = load_model(tmp_path / "e.npz")
    assert isinstance(loaded, Ensemble)
    assert (loaded.about, loaded.temperature, loaded.input_shape) == (ensemble.about, 0.5, (16,))
    assert loaded.parameter_count == sum(member.network.params.size for member in ensemble.members)
    np.testing.assert_array_equal(loaded.classes, ensemble.classes)
    np.testing.assert_array_equal(loaded.predict_proba(X), ensemble.predict_proba(X))
    save_model(tmp_path / "again.npz", loaded)
    assert (tmp_path / "e.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_an_ensemble_can_be_a_member(ensemble, X, tmp_path):
    save_model(tmp_path / "e.npz", Ensemble([ensemble, ensemble.members[0]]))
    loaded = load_model(tmp_path / "e.npz")
    mean = (ensemble.predict_proba(X) + ensemble.members[0].predict_proba(X)) / 2
    np.testing.assert_allclose(loaded.predict_proba(X), mean, rtol=1e-5)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (make(mlp([16, 3]), classes=("a", "c", "b")), r"member 2 .*\['a', 'c', 'b'\], member 1 \['a', 'b', 'c'\]"),
        (make(mlp([16, 2]), classes=("a", "b")), r"member 2 .*\['a', 'b'\]"),
        (make(mlp([9, 3])), r"member 2 .* shape \(9,\), member 1 of \(16,\)"),
    ],
    ids=["order", "number", "shape"],
)
def test_members_that_do_not_fit_are_named(other, message, ensemble):
    with pytest.raises(InputError, match=message):
        Ensemble([ensemble.members[0], other])
    with pytest.raises(InputError, match="at least one member"):
        Ensemble([])


def test_a_file_that_lacks_a_member_is_named(ensemble, tmp_path):
    save_model(tmp_path / "e.npz", ensemble)
    with np.load(tmp_path / "e.npz") as file:
        arrays = dict(file)
    del arrays["params_2"]
    np.savez(tmp_path / "e.npz", **arrays)
    with pytest.raises(InputError, match=r"e\.npz.*params_2"):
        load_model(tmp_path / "e.npz")


def test_where_one_network_is_needed_an_ensemble_is_refused(ensemble, tmp_path):
    save_model(tmp_path / "e.npz", ensemble)
    with pytest.raises(InputError, match=r"e\.npz holds an ensemble of 3 networks"):
        load_single(tmp_path / "e.npz")
