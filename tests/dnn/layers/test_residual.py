import json

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.layers import BatchNorm, Conv2D, Dense, Dropout, ReLU, Residual, Tanh
from dnn.network import Network


def made(layer, features=4):
    network = Network([layer], (features,), np.float64)
    network.initialize(np.random.default_rng(0))
    return network


def test_is_the_sum_of_both_paths():
    block = Residual([Dense(5), Tanh(), Dense(3)], [Dense(3)])
    made(block)
    X, p = np.random.default_rng(1).normal(size=(6, 4)), block.parameters
    F = np.tanh(X @ p["0.W"] + p["0.b"]) @ p["2.W"] + p["2.b"]
    np.testing.assert_allclose(block.forward(X), F + X @ p["shortcut.0.W"] + p["shortcut.0.b"], rtol=1e-12)


def test_without_a_shortcut_adds_the_input():
    block = Residual([Tanh()])
    X = np.random.default_rng(1).normal(size=(6, 4))
    made(block)
    np.testing.assert_allclose(block.forward(X), np.tanh(X) + X, rtol=1e-12)


def test_inner_weights_decay_and_nothing_else():
    network = made(Residual([Dense(4), BatchNorm(), Residual([Dense(4)])], [Dense(4)]))
    names = list(network.layers[0].parameters)
    weights = [n for n in names if n.endswith(".W")]
    assert weights == ["0.W", "2.0.W", "shortcut.0.W"]
    assert len(network.decayed) == 3
    for weight, name in zip(network.decayed, weights, strict=True):
        assert weight.W is network.layers[0].parameters[name]


def test_inner_state_is_the_networks():
    network = made(Residual([BatchNorm(), ReLU()]))
    network.forward(np.random.default_rng(1).normal(2, 1, (6, 4)), training=True)
    state = network.layers[0].state
    assert list(state) == ["0.mean", "0.var"]
    assert np.shares_memory(state["0.mean"], network.state)
    assert (state["0.mean"] > 0.05).all()


def test_copies_compute_the_same():
    network = made(Residual([Dense(4), {"kind": "batchnorm"}, ReLU()], [{"kind": "dense", "units": 4}]))
    X = np.random.default_rng(1).normal(size=(6, 4))
    network.forward(X, training=True)
    copy = Network.from_config(json.loads(json.dumps(network.config())), network.params, network.state)
    np.testing.assert_array_equal(copy.forward(X), network.forward(X))
    assert copy.layers == network.layers


def test_dropout_inside_drops_only_while_training():
    block, X = Residual([Dropout(0.5)]), np.ones((50, 4))
    made(block)
    assert set(np.unique(block.forward(X, training=True, rng=np.random.default_rng(0)))) == {1, 3}
    assert set(np.unique(block.forward(X))) == {2}


def test_without_input_gradient_has_the_same_gradients():
    network = made(Residual([Dense(4), ReLU(), Dense(3)], [Dense(3)]))
    X, dY = np.random.default_rng(1).normal(size=(6, 4)), np.random.default_rng(2).normal(size=(6, 3))
    network.forward(X, training=True)
    network.layers[0].backward(dY)
    expected = network.grads.copy()
    network.grads[...] = 0
    network.layers[0].backward(dY, need_dX=False)
    np.testing.assert_array_equal(network.grads, expected)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (Residual([Dense(3)]), r"residual: its layers answer \(3,\), its shortcut \(4,\); give it a shortcut"),
        (Residual([Dense(3)], [Dense(2)]), r"residual: its layers answer \(3,\), its shortcut \(2,\); change either"),
        (Residual([ReLU(), Conv2D(1, 1)]), "residual layer 2 of 2: conv needs"),
        (Residual([ReLU()], [Conv2D(1, 1)]), "shortcut layer 1 of 1: conv needs"),
    ],
)
def test_shapes_that_do_not_fit(block, message):
    with pytest.raises(InputError, match=f"layer 1 of 1: {message}"):
        made(block)


def test_unknown_inner_kind_is_named():
    with pytest.raises(InputError, match="layer is 'attention'"):
        Residual([{"kind": "attention"}])


def test_needs_a_layer():
    with pytest.raises(InputError, match="residual: layers is empty"):
        Residual([])
