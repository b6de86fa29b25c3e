import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.layers import LAYERS, Dense, Dropout, layer_from_config
from dnn.network import Network


def made(layer):
    """The layer for 3 features, with parameters drawn, biases too."""
    rng = np.random.default_rng(0)
    network = Network([layer], (3,), np.float64)
    network.initialize(rng)
    network.params += rng.normal(0, 0.1, network.params.shape)
    return layer


def test_dense_without_input_gradient_has_the_same_gradients():
    layer, X = made(Dense(4)), np.random.default_rng(1).normal(size=(5, 3))
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
