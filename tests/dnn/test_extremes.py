"""Inputs at the edge: right answers, or errors that say what is wrong."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from dnn import DeepNeuralNetwork
from dnn.base.errors import InputError, TrainingWarning
from dnn.ensemble import Ensemble
from dnn.losses import SoftmaxCrossEntropy
from dnn.model import Model
from tests.networks import build_network

CNN = [{"conv": {"filters": 3, "kernel": 3}}, "batchnorm", "relu", {"maxpool": 2}, "flatten"]


@pytest.fixture
def data(rng):
    y = np.arange(60) % 3
    return (rng.random((60, 16)) * 0.3 + np.eye(16)[5 * y]).astype(np.float32), y


@pytest.fixture(params=[[8], CNN], ids=["dense", "convolutional"])
def model(request, data):
    return DeepNeuralNetwork(hidden_layers=request.param, optimizer="adam", epochs=20, batch_size=16).fit(*data)


def test_it_learns_at_all(model, data):
    assert model.score(*data) > 0.9


@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_huge_logits(scale, rng):
    logits = (scale * rng.random((5, 4))).astype(np.float32)
    Y, loss = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0]], SoftmaxCrossEntropy()
    expected = -(log_softmax(logits.astype(float), axis=1) * Y).sum(axis=1).mean()
    assert loss.forward(logits, Y) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(loss.backward(), (softmax(logits.astype(float), axis=1) - Y) / 5, atol=1e-6)


def test_constant_features_give_finite_answers(data):
    X, y = np.full_like(data[0], 0.5), data[1]
    model = DeepNeuralNetwork(hidden_layers=CNN, epochs=3).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), 1 / 3, atol=0.1)


def test_one_example_at_a_time(data):
    model = DeepNeuralNetwork(hidden_layers=[8, "batchnorm"], epochs=2, batch_size=1).fit(*data)
    assert np.isfinite(model.predict_proba(data[0])).all()


def test_one_class_only(data):
    model = DeepNeuralNetwork(epochs=2).fit(data[0], np.full(60, 7))
    assert (model.predict(data[0]) == 7).all()
    assert (model.predict_proba(data[0]) == 1).all()


def test_no_example(model, data):
    with pytest.raises(ValueError, match=r"0 sample"):
        model.predict(data[0][:0])
    with pytest.raises(ValueError, match=r"0 sample"):
        DeepNeuralNetwork().fit(data[0][:0], data[1][:0])
    assert Model(model.network_, model.classes_).predict_proba(data[0][:0]).shape == (0, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number(model, data, value):
    X, y = data
    X[7, 3] = value
    for act in (lambda: model.predict(X), lambda: DeepNeuralNetwork().fit(X, y)):
        with pytest.raises(ValueError, match=r"contains (NaN|infinity)"):
            act()


def test_another_number_of_features(model, data):
    with pytest.raises(ValueError, match="X has 15 features, but DeepNeuralNetwork is expecting 16"):
        model.predict(data[0][:, :15])


@pytest.mark.parametrize("change", [np.asfortranarray, lambda X: np.repeat(X, 2, axis=0)[::2], lambda X: X[::-1][::-1]])
def test_memory_layout_does_not_matter(model, data, change):
    X, y = data
    assert model.predict_proba(change(X)) == pytest.approx(model.predict_proba(X), abs=1e-6)
    again = DeepNeuralNetwork(**model.get_params()).fit(change(X), y)
    assert again.predict_proba(X) == pytest.approx(model.predict_proba(X), abs=1e-4)


def test_float64_and_whole_numbers(model, data):
    X, y = data
    assert model.predict_proba(X.astype(np.float64)) == pytest.approx(model.predict_proba(X), abs=1e-5)
    whole = (X > 0.5).astype(np.uint8)
    assert model.predict_proba(whole) == pytest.approx(model.predict_proba(whole.astype(np.float32)), abs=1e-6)
    trained = DeepNeuralNetwork(epochs=1).fit(whole, y)
    assert trained.network_.params.dtype == np.float32


@pytest.mark.parametrize("hidden", [[8, {"dropout": 0.5}], CNN, ["layernorm", 8]])
def test_training_does_not_leak_into_prediction(hidden, data, rng):
    X, _ = data
    network = build_network(16, hidden, 3)
    network.initialize(rng)
    images = X.reshape(len(X), *network.input_shape)
    network.forward(images, training=True, rng=rng)
    first = network.logits(X)
    state = network.state.copy()
    network.logits(X[:7])
    np.testing.assert_array_equal(network.logits(X), first)
    np.testing.assert_array_equal(network.state, state)
    np.testing.assert_allclose(network.logits(X[:7]), first[:7], atol=1e-5)  # an answer depends on its own image alone


@pytest.mark.parametrize("epochs", [1, 5])
def test_weights_that_explode_to_finite_numbers_are_not_kept(data, epochs):
    model = DeepNeuralNetwork(hidden_layers=[8], epochs=epochs, learning_rate=1e30, optimizer="sgd", batch_size=0)
    with pytest.raises(InputError, match="no longer finite"):
        model.fit(*data)
    assert not hasattr(model, "network_")


def test_learning_goes_on_after_a_batch_that_was_too_much(data):
    X, y = data
    model = DeepNeuralNetwork(hidden_layers=[16], epochs=1).fit(X, y)
    with pytest.warns(TrainingWarning, match="root mean square"), pytest.raises(InputError, match="no longer finite"):
        model.partial_fit(np.full((1, 16), 1e14, np.float32), y[:1])
    for _ in range(100):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.9


def test_a_class_without_weight_teaches_nothing_even_when_mixed(data):
    X, y = data
    model = DeepNeuralNetwork(epochs=30, optimizer="adam", learning_rate=0.003, class_weight={1: 0.0}, mixup=1.0)
    assert model.fit(X, y).predict_proba(X)[:, 1].mean() < 0.01


def test_partial_fit_starts_from_the_average_that_was_kept(data):
    model = DeepNeuralNetwork(ema=0.9, epochs=10).fit(*data)
    kept = model.network_.params.copy()
    model.set_params(learning_rate=1e-12)
    np.testing.assert_allclose(model.partial_fit(*data).network_.params, kept, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("as_ensemble", [False, True])
@pytest.mark.parametrize("model", [[8]], indirect=True)  # no maximum that could hide what is infinite
def test_inputs_that_overflow_are_named_with_their_range(model, dtype, as_ensemble):
    predictor = Model(model.network_, model.classes_, temperature=0.5)
    predictor = Ensemble([predictor, predictor]) if as_ensemble else predictor
    X = np.zeros((3, 16), dtype)
    X[1] = np.finfo(dtype).max
    for ask in (predictor.predict, predictor.predict_proba, predictor.logits):
        with pytest.raises(InputError, match=r"the inputs range from 0 to (3.4|1.7).*e\+.*scale them as in training"):
            ask(X)
        with pytest.raises(InputError, match="the inputs range from nan"):
            ask(np.full((1, 16), np.nan, dtype))


def test_huge_inputs_with_finite_answers_have_them(model):
    predictor = Model(model.network_, model.classes_, temperature=0.5)
    p = predictor.predict_proba(np.array([[1e30] * 16, [-1e30] * 16], np.float32))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)


def test_weights_that_are_not_finite_are_named(model, data):
    model.network_.params[3] = np.inf
    with pytest.raises(InputError, match="the weights of the model are not finite"):
        model.predict(data[0])
