import numpy as np
import pytest
from scipy.special import expit

from dnn.errors import InputError
from dnn.layers import LAYERS, Dense, Dropout, ReLU, Sigmoid, Tanh, layer_from_config
from dnn.network import Network

KINDS = [lambda: Dense(4), lambda: Dense(2, "he_normal"), ReLU, Tanh, Sigmoid, lambda: Dropout(0.3)]
each_kind = pytest.mark.parametrize("make", KINDS, ids=["dense", "dense_he", "relu", "tanh", "sigmoid", "dropout"])


def made(layer, dtype=np.float64):
    """The layer for 3 features, with parameters drawn, biases too."""
    rng = np.random.default_rng(0)
    network = Network([layer], (3,), dtype)
    network.initialize(rng)
    network.params += rng.normal(0, 0.1, network.params.shape).astype(dtype)
    return layer


def inputs(rows, dtype=np.float64):
    """Numbers of both signs, at least 0.1 away from ReLU's kink."""
    rng = np.random.default_rng(1)
    return (rng.choice([-1, 1], (rows, 3)) * rng.uniform(0.1, 2, (rows, 3))).astype(dtype)


def forward(layer, X):
    return layer.forward(X, training=True, rng=np.random.default_rng(2))


@each_kind
@pytest.mark.parametrize("earlier_rows", [None, 9, 2], ids=["first", "after_larger", "after_smaller"])
def test_gradients(make, earlier_rows, assert_gradient):
    layer, X = made(make()), inputs(5)
    if earlier_rows:
        layer.backward(np.ones_like(forward(layer, inputs(earlier_rows))))
    dY = np.random.default_rng(3).normal(size=forward(layer, X).shape)
    dX = layer.backward(dY).copy()
    gradients = {name: g.copy() for name, g in layer.gradients.items()}

    def objective():
        return float((forward(layer, X) * dY).sum())

    assert_gradient(objective, X, dX)
    for name, gradient in gradients.items():
        assert_gradient(objective, layer.parameters[name], gradient)


@each_kind
def test_float32_stays_and_inputs_are_left_alone(make):
    layer, X = made(make(), np.float32), inputs(5, np.float32)
    Y = forward(layer, X)
    dY = np.random.default_rng(3).normal(size=Y.shape).astype(np.float32)
    kept = dY.copy()
    dX = layer.backward(dY)
    arrays = [Y, dX, *layer.parameters.values(), *layer.gradients.values(), *layer._buffers.values()]
    assert {a.dtype for a in arrays} <= {np.dtype(np.float32), np.dtype(bool)}
    np.testing.assert_array_equal(dY, kept)
    np.testing.assert_array_equal(X, inputs(5, np.float32))


@each_kind
def test_config_rebuilds_the_layer(make):
    assert layer_from_config(make().config()) == make()


@pytest.mark.parametrize(
    ("layer", "formula"),
    [(ReLU(), lambda x: x * (x > 0)), (Tanh(), np.tanh), (Sigmoid(), expit)],
    ids=lambda value: getattr(value, "__name__", repr(value)),
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_and_their_far_ends(layer, formula, dtype):
    X = np.array([[-1e30, -100, -1, 0, 0.5, 100, 1e30]], dtype)
    np.testing.assert_allclose(layer.forward(X), formula(X), rtol=1e-6, atol=1e-7)
    assert np.isfinite(layer.backward(np.ones_like(X))).all()


def test_dense_without_input_gradient_has_the_same_gradients():
    layer, X = made(Dense(4)), inputs(5)
    dY = np.random.default_rng(3).normal(size=layer.forward(X).shape)
    layer.backward(dY)
    expected = {name: g.copy() for name, g in layer.gradients.items()}
    layer.backward(dY, need_dX=False)
    for name, gradient in layer.gradients.items():
        np.testing.assert_array_equal(gradient, expected[name])


@pytest.mark.parametrize("rate", [0, 0.2, 0.75])
def test_dropout_keeps_its_share_and_the_mean(rate):
    layer, X = Dropout(rate), np.ones((400, 100), np.float32)
    Y = layer.forward(X, training=True, rng=np.random.default_rng(0))
    assert np.mean(Y == 0) == pytest.approx(rate, abs=0.02)
    np.testing.assert_allclose(Y[Y > 0], 1 / (1 - rate), rtol=1e-6)
    np.testing.assert_array_equal(layer.forward(X), X)


def test_dropout_refuses_to_train_without_a_generator():
    with pytest.raises(InputError, match="needs a random generator"):
        Dropout(0.5).forward(np.ones((1, 3)), training=True)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Dense(4), (28, 28), r"dense needs \(features,\) as input, got \(28, 28\)"),
        (Dropout(1.0), (3,), "dropout: rate is 1.0"),
        (Dropout(-0.1), (3,), "dropout: rate is -0.1"),
        (Dropout(float("nan")), (3,), "dropout: rate is nan"),
    ],
)
def test_what_cannot_be_built(layer, shape, message):
    with pytest.raises(InputError, match=f"layer 1 of 1: {message}"):
        Network([layer], shape)


@pytest.mark.parametrize("config", [{"kind": "attention"}, {}, {"kind": "relu", "slope": 1}, {"kind": "dense"}])
def test_unknown_kind_or_option_is_named(config):
    with pytest.raises(InputError, match=config.get("kind", "None")):
        layer_from_config(config)


def test_kinds_are_the_keys():
    assert all(layer.kind == kind for kind, layer in LAYERS.items())
