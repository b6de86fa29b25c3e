import pickle

import numpy as np
import pytest

from dnn import DeepNeuralNetwork
from dnn.base.errors import InputError
from dnn.transfer import start_from
from tests.networks import build_network


@pytest.fixture
def network(rng):
    network = build_network(6, [5, "batchnorm", 4], 3)
    network.initialize(rng)
    network.state += rng.random(network.state.shape, dtype=np.float32)
    return network


def test_the_layers_are_taken_over_and_the_head_is_new(network, rng):
    copy = start_from(network, 7, rng)
    X = rng.random((9, 6), dtype=np.float32)
    body = len(network.layers) - 1
    np.testing.assert_array_equal(copy.features(X, body), network.features(X, body))
    assert copy.logits(X).shape == (9, 7)
    assert not np.shares_memory(copy.params, network.params)


def test_frozen_layers_stay_and_slow_ones_move_little(rng, tmp_path):
    X, y = rng.random((60, 6)), np.arange(60) % 3
    base = DeepNeuralNetwork(hidden_layers=[5, "batchnorm", 4], epochs=2).fit(X, y)
    base.save_model(tmp_path / "base.npz")

    def moved(**options):
        model = DeepNeuralNetwork(start_from=tmp_path / "base.npz", epochs=3, optimizer="sgd", **options).fit(X, y)
        layers = zip(model.network_.layers, base.network_.layers, strict=True)
        distances = [sum(np.abs(a.parameters[k] - b.parameters[k]).sum() for k in a.parameters) for a, b in layers]
        state = np.abs(model.network_.state - base.network_.state).sum()
        return distances[0], distances[2], state

    assert moved(freeze=4) == (0, 0, 0)
    free, slow = moved(), moved(freeze=4, frozen_rate=0.01)
    assert 0 < slow[0] < 0.05 * free[0]
    assert free[2] > 0


@pytest.mark.parametrize(("freeze", "message"), [(-1, "freeze is -1"), (7, "freeze is 7, the network has 6 layers")])
def test_something_must_be_left_to_train(network, rng, freeze, message):
    with pytest.raises(InputError, match=message):
        start_from(network, 3, rng, freeze)


def test_a_copy_stays_frozen(network, rng):
    copied = pickle.loads(pickle.dumps(start_from(network, 3, rng, freeze=4, frozen_rate=0.5)))
    assert copied.factors == [0.5] * 4 + [1.0] * 2


@pytest.mark.parametrize("rate", [-1, 1.5, np.nan])
def test_the_factor_is_a_fraction(network, rng, rate):
    with pytest.raises(InputError, match="frozen_rate is"):
        DeepNeuralNetwork(start_from=network, freeze=1, frozen_rate=rate).fit(rng.random((9, 6)), np.arange(9) % 3)


def test_there_must_be_something_to_freeze(rng):
    with pytest.raises(InputError, match="give start_from"):
        DeepNeuralNetwork(freeze=1).fit(rng.random((9, 6)), np.arange(9) % 3)


def test_another_number_of_features_is_named(rng, tmp_path):
    DeepNeuralNetwork(epochs=1).fit(rng.random((9, 6)), np.arange(9) % 3).save_model(tmp_path / "base.npz")
    with pytest.raises(InputError, match=r"the data has 5 features, .*base\.npz takes 6"):
        DeepNeuralNetwork(start_from=tmp_path / "base.npz").fit(rng.random((9, 5)), np.arange(9) % 3)


@pytest.mark.parametrize("options", [{}, {"layer_sizes": [6, 8, 5, 3]}, {"hidden_layers": [8, 5]}], ids=str)
def test_the_same_layers_may_be_said_beside_those_to_start_from(options, rng):
    X, y = rng.random((9, 6)).astype(np.float32), np.arange(9) % 3
    base = DeepNeuralNetwork(hidden_layers=[8, 5], activation="tanh", dropout=0.1, epochs=1).fit(X, y).network_
    model = DeepNeuralNetwork(start_from=base, epochs=1, **options).fit(X, y)
    assert [layer.kind for layer in model.network_.layers] == [layer.kind for layer in base.layers]


@pytest.mark.parametrize(
    "options",
    [
        {"hidden_layers": [{"dense": 8}, "batchnorm", "relu", 5]},
        {"hidden_layers": [4, 4]},
        {"layer_sizes": [6, 99, 3]},
        {"hidden_layers": []},
        {"hidden_layers": [{"conv": {"filters": 2, "kernel": 2}}, "flatten"]},
    ],
    ids=str,
)
def test_other_layers_than_those_to_start_from_are_an_error(options, rng):
    X, y = rng.random((9, 6)).astype(np.float32), np.arange(9) % 3
    base = DeepNeuralNetwork(hidden_layers=[8, 5], epochs=1).fit(X, y).network_
    with pytest.raises(InputError, match=r"hidden_layers, or layer_sizes between its ends, is .* start_from has other"):
        DeepNeuralNetwork(start_from=base, epochs=1, **options).fit(X, y)


@pytest.mark.parametrize("shape", [(9, 64), (9, 8, 8)], ids=str)
@pytest.mark.parametrize(
    ("path", "message"),
    [("no.npz", r"no\.npz is missing"), ("a" * 5000, "cannot be read: File name too long"), ("/", "/ is a folder")],
)
def test_a_file_to_start_from_that_cannot_be_read_is_named_with_the_option(shape, path, message, rng):
    with pytest.raises(InputError, match=f"^start_from: .*{message}"):
        DeepNeuralNetwork(start_from=path).fit(rng.random(shape), np.arange(9) % 3)
