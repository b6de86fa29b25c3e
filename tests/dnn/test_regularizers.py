import numpy as np
import pytest

from dnn.network import Weight, mlp
from dnn.regularizers import add_l2_gradient, decay


def test_l2_adds_the_gradient_of_its_penalty(assert_gradient):
    rng = np.random.default_rng(0)
    W, dW = rng.normal(size=(2, 4, 3))
    before = dW.copy()
    add_l2_gradient([Weight(W, dW, np.empty_like(W))], 0.3)
    assert_gradient(lambda: 0.3 / 2 * (W**2).sum(), W, dW - before)


@pytest.mark.parametrize("act", ["l2", "decay"])
def test_weights_are_reached_and_biases_are_not(act):
    network = mlp([3, 4, 2], dropout=0.5)
    network.params[...] = 1
    if act == "l2":
        add_l2_gradient(network.decayed, 0.25)
        changed, expected = network.grads, {"W": 0.25, "b": 0}
    else:
        decay(network.decayed, 0.25)
        changed, expected = network.params, {"W": 0.75, "b": 1}
    views = [(name, p) for layer in network.layers for name, p in layer.parameters.items()]
    assert [name for name, _ in views] == ["W", "b", "W", "b"]
    np.testing.assert_array_equal(changed, np.concatenate([np.full(p.size, expected[name]) for name, p in views]))
