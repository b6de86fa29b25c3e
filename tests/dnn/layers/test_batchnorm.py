import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnn.base.errors import InputError
from dnn.layers import BatchNorm, Dense, LayerNorm, ReLU
from dnn.network import Network

EPSILON = 1e-5
each_shape = pytest.mark.parametrize("shape", [(3,), (4, 5, 3)], ids=["features", "channels"])


def made(shape, dtype=np.float64, **options):
    """A layer with drawn γ and β, and its network."""
    network = Network([BatchNorm(**options)], shape, dtype)
    network.initialize(np.random.default_rng(0))
    network.params += np.random.default_rng(1).normal(0, 0.3, network.params.shape).astype(dtype)
    return network.layers[0], network


def draw(rows, shape, seed=2):
    return np.random.default_rng(seed).normal([1, -3, 0], [2, 0.5, 1], (rows, *shape))


def slow(X, gamma, beta):
    """Channel by channel, with Python's numbers: outputs, means, unbiased variances."""
    Y, means, variances = np.empty_like(X), [], []
    for c in range(X.shape[-1]):
        values = [float(v) for v in X[..., c].flat]
        mean = sum(values) / len(values)
        squares = sum((v - mean) ** 2 for v in values)
        std = (squares / len(values) + EPSILON) ** 0.5
        Y[..., c].flat = [gamma[c] * (v - mean) / std + beta[c] for v in values]
        means.append(mean)
        variances.append(squares / (len(values) - 1))
    return Y, np.array(means), np.array(variances)


@given(st.integers(2, 8), st.sampled_from([(3,), (1, 1, 3), (4, 5, 3), (2, 7, 3)]), st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_training_is_the_slow_sum(rows, shape, seed):
    layer, _ = made(shape)
    X = draw(rows, shape, seed)
    expected, *_ = slow(X, layer.parameters["gamma"], layer.parameters["beta"])
    np.testing.assert_allclose(layer.forward(X, training=True), expected, rtol=1e-10, atol=1e-12)


@each_shape
def test_running_figures_follow_the_batches(shape):
    layer, _ = made(shape, momentum=0.3)
    mean, var = np.zeros(3), np.ones(3)
    for seed in range(4):
        X = draw(6, shape, seed)
        layer.forward(X, training=True)
        _, batch_mean, batch_var = slow(X, np.ones(3), np.zeros(3))
        mean, var = 0.7 * mean + 0.3 * batch_mean, 0.7 * var + 0.3 * batch_var
    np.testing.assert_allclose(layer.state["mean"], mean, rtol=1e-10)
    np.testing.assert_allclose(layer.state["var"], var, rtol=1e-10)


@each_shape
def test_prediction_uses_the_running_figures_and_leaves_them(shape):
    layer, network = made(shape)
    layer.forward(draw(6, shape), training=True)
    state, X = network.state.copy(), draw(9, shape, 5)
    gamma, beta = layer.parameters["gamma"], layer.parameters["beta"]
    expected = gamma * (X - state[:3]) / np.sqrt(state[3:] + EPSILON) + beta
    together = layer.forward(X).copy()
    np.testing.assert_allclose(together, expected, rtol=1e-10, atol=1e-12)
    one_by_one = np.concatenate([layer.forward(x[None]).copy() for x in X])
    np.testing.assert_array_equal(one_by_one, together)
    layer.backward(X[:1])
    np.testing.assert_array_equal(network.state, state)


def test_frozen_layer_keeps_its_figures_while_others_train():
    network = Network([Dense(3), BatchNorm(), ReLU(), Dense(2)], (4,))
    network.initialize(np.random.default_rng(0))
    network.set_learning_rates([1, 0, 1, 1])
    network.forward(np.ones((5, 4), np.float32), training=True)
    np.testing.assert_array_equal(network.state, [0, 0, 0, 1, 1, 1])


def test_one_value_is_normalised_as_in_prediction():
    layer, network = made((3,))
    X = draw(1, (3,))
    expected = layer.forward(X).copy()
    np.testing.assert_array_equal(layer.forward(X, training=True), expected)
    np.testing.assert_array_equal(network.state, [0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(layer.backward(X), X * layer.parameters["gamma"] / np.sqrt(1 + EPSILON))


def test_one_image_has_statistics_of_its_own():
    layer, _ = made((4, 5, 3))
    X = draw(1, (4, 5, 3))
    expected, *_ = slow(X, *layer.parameters.values())
    np.testing.assert_allclose(layer.forward(X, training=True), expected, rtol=1e-10, atol=1e-12)


@each_shape
@pytest.mark.parametrize("value", [0, 0.1, 255, 1e4])
def test_constant_features_become_beta(shape, value):
    layer, _ = made(shape, np.float32)
    X = np.full((64, *shape), value, np.float32)
    Y = layer.forward(X, training=True)
    np.testing.assert_allclose(Y, np.broadcast_to(layer.parameters["beta"], Y.shape), atol=1e-4)
    assert np.isfinite(layer.backward(np.ones_like(X))).all()


def test_a_large_mean_costs_no_accuracy():
    layer, _ = made((14, 14, 3), np.float32)
    X = np.random.default_rng(3).normal(1000, 1, (64, 14, 14, 3)).astype(np.float32)
    expected, *_ = slow(X.astype(np.float64), *(p.astype(np.float64) for p in layer.parameters.values()))
    np.testing.assert_allclose(layer.forward(X, training=True), expected, atol=1e-5)


@pytest.mark.parametrize("spread", [0, 0.1])
def test_what_rounding_leaves_of_the_mean_is_taken_out(spread):
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(130, 14, 14, 3))
    X = (10000.3 + spread * noise).astype(np.float32)  # float32 sums of it are off by more than ε allows
    dY = (rng.normal(1, 1, X.shape) + noise).astype(np.float32)
    layer, network = made((14, 14, 3), np.float32)
    exact, double = made((14, 14, 3))
    double.params[...] = network.params
    for each, dtype in ((layer, np.float32), (exact, np.float64)):
        each.forward(X.astype(dtype), training=True)
        each.backward(dY.astype(dtype))
    assert np.abs(layer.offset).min() > 5e-3
    np.testing.assert_allclose(layer._buffers["dX"], exact._buffers["dX"], rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(network.grads, double.grads, rtol=1e-4, atol=1)  # Σ dY is 25480


def test_memory_in_another_order():
    layer, _ = made((4, 5, 3))
    X, dY = draw(6, (4, 5, 3)), draw(6, (4, 5, 3), 7)
    expected = layer.forward(X, training=True).copy(), layer.backward(dY).copy()
    turned = [np.asfortranarray(X), np.asfortranarray(dY)]
    np.testing.assert_allclose(layer.forward(turned[0], training=True), expected[0], rtol=1e-12)
    np.testing.assert_allclose(layer.backward(turned[1]), expected[1], rtol=1e-12)


@pytest.mark.parametrize("shape", [(6,), (4, 5, 3)])
def test_layernorm_is_of_each_example(shape):
    network = Network([LayerNorm()], shape, np.float64)
    network.initialize(np.random.default_rng(0))
    X = np.random.default_rng(1).normal(3, 2, (5, *shape))
    for training in (True, False):
        for x, y in zip(X, network.forward(X, training), strict=True):
            np.testing.assert_allclose(y, (x - x.mean()) / np.sqrt(x.var() + EPSILON), rtol=1e-10, atol=1e-12)


def test_shapes_that_do_not_fit():
    message = r"layer 1 of 1: batchnorm needs \(features,\) or \(height, width, channels\) as input, got \(28, 28\)"
    with pytest.raises(InputError, match=message):
        Network([BatchNorm()], (28, 28))


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (BatchNorm, {"momentum": 0}, "batchnorm: momentum is 0, it should be a finite number above 0 and at most 1"),
        (BatchNorm, {"momentum": float("nan")}, "batchnorm: momentum is nan"),
        (BatchNorm, {"epsilon": 0}, "batchnorm: epsilon is 0, it should be a finite number at least 1e-30"),
        (LayerNorm, {"epsilon": -1}, "layernorm: epsilon is -1"),
    ],
)
def test_options_out_of_range(kind, options, message):
    with pytest.raises(InputError, match=f"^{message}"):
        kind(**options)


@pytest.mark.parametrize(("shape", "value"), [((128, 28, 28, 8), 1000000.3), ((64, 14, 14, 3), 3e8)])
def test_a_large_constant_is_normalised_to_nothing(shape, value):
    network = Network([BatchNorm()], shape[1:])
    network.initialize(np.random.default_rng(0))
    assert np.isfinite(network.forward(np.full(shape, value, np.float32), training=True)).all()
    assert np.isfinite(network.state).all()
