import json
from dataclasses import fields

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.gradcheck.cases import LAYER_CASES
from dnn.layers import LAYERS, Dense, Dropout, layer_from_config
from dnn.network import Network, every


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


def test_dense_takes_vectors():
    with pytest.raises(InputError, match=r"layer 1 of 1: dense needs \(features,\) as input, got \(28, 28\)"):
        Network([Dense(4)], (28, 28))


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (Dropout, [1.0], "dropout: rate is 1.0, it should be a finite number at least 0 and below 1"),
        (Dropout, [-0.1], "dropout: rate is -0.1"),
        (Dropout, [float("nan")], "dropout: rate is nan"),
        (Dense, [0], "dense: units is 0, it should be a whole number at least 1"),
        (Dense, [2.5], "dense: units is 2.5"),
        (Dense, [True], "dense: units is True"),
        (Dense, [4, "lecunn"], "dense: initializer is 'lecunn', it should be one of xavier, xavier_uniform"),
    ],
)
def test_options_out_of_range(kind, options, message):
    with pytest.raises(InputError, match=f"^{message}"):
        kind(*options)


def test_numbers_of_numpy_become_plain_ones():
    layers = Dense(np.int64(4)), Dropout(np.float32(0.5)), Dense(4.0)
    assert [json.dumps(layer.config()) for layer in layers] == [
        json.dumps(layer.config()) for layer in (Dense(4), Dropout(0.5), Dense(4))
    ]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"kind": "attention"}, "layer is 'attention', known are dense, conv"),
        ({}, "layer is None, known are dense, conv"),
        ({"kind": "relu", "slope": 1}, "layer relu has no option 'slope'; it has none"),
        ({"kind": "elu", "slope": 1}, "layer elu has no option 'slope'; it has alpha"),
        ({"kind": "dense"}, "layer dense needs the option 'units'"),
    ],
)
def test_unknown_kind_or_option_is_named(config, message):
    with pytest.raises(InputError, match=f"^{message}"):
        layer_from_config(config)


def test_every_option_is_declared_with_its_meaning():
    options = {f"{kind}.{f.name}": f for kind, layer in LAYERS.items() for f in fields(layer) if f.init}
    assert not {name for name, f in options.items() if not f.metadata.get("doc")}


def test_a_buffer_grows_and_keeps_its_memory():
    layer = Dense(4)
    large = layer.buffer("a", (6, 4), np.float32)
    large[...] = np.arange(24).reshape(6, 4)
    np.testing.assert_array_equal(layer.buffer("a", (2, 4), np.float32), large[:2])
    assert np.shares_memory(layer.buffer("a", (3, 8), np.float32), large)
    assert layer.buffer("a", (6, 4), np.float32) is large
    assert not np.shares_memory(layer.buffer("b", (6, 4), np.float32), large)
    assert layer.buffer("a", (7, 4), np.float32).shape == (7, 4)
    assert layer.buffer("a", (7, 4), np.float64).dtype == np.float64


def test_kinds_are_the_keys():
    assert all(layer.kind == kind for kind, layer in LAYERS.items())


@pytest.mark.parametrize("case", LAYER_CASES, ids=lambda case: case.name)
def test_prediction_is_the_forward_pass_and_leaves_no_trace(case):
    (layer,) = (network := case.network(np.float64)).layers
    X = case.inputs(np.float64)
    kept = {id(part): dict(vars(part)) for part in every([layer])}
    Y = layer.predict(X)
    for part in every([layer]):
        assert all(vars(part)[name] is value for name, value in kept[id(part)].items())
        assert vars(part).keys() == kept[id(part)].keys()
        assert not part._buffers
    np.testing.assert_array_equal(Y, network.forward(X))
