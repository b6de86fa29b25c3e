from math import erf, exp, tanh

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.layers import ACTIVATIONS, ELU, GELU, LAYERS, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Tanh
from dnn.losses import softmax


def logistic(x):
    return 1 / (1 + exp(-x)) if x > -700 else 0.0


FORMULAS = {
    "relu": (ReLU(), lambda x: max(x, 0)),
    "leaky_relu": (LeakyReLU(0.2), lambda x: x if x > 0 else 0.2 * x),
    "elu": (ELU(), lambda x: x if x > 0 else exp(x) - 1),
    "elu, alpha 2": (ELU(2), lambda x: x if x > 0 else 2 * (exp(x) - 1)),
    "silu": (SiLU(), lambda x: x * logistic(x)),
    "gelu": (GELU(), lambda x: x * (1 + erf(x / 2**0.5)) / 2),
    "tanh": (Tanh(), tanh),
    "sigmoid": (Sigmoid(), logistic),
}
X = [-1e30, -1e4, -100, -3, -1, -1e-3, 0, 1e-3, 0.5, 1, 3, 100, 1e4, 1e30]


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_formulas_and_their_far_ends(name, dtype):
    layer, formula = FORMULAS[name]
    x = np.array([X], dtype)
    layer.build(x.shape[1:])
    expected = np.array([[formula(float(v)) for v in x[0]]])
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-6, atol=3e-7 if dtype == np.float32 else 1e-15)
    dX = layer.backward(np.ones_like(x))
    assert np.isfinite(dX).all()
    np.testing.assert_allclose(dX[0, [0, -1]], [expected[0, 0] / -1e30, round(expected[0, -1] / 1e30)], atol=1e-6)


def test_every_activation_has_its_formula():
    assert {layer.kind for layer, _ in FORMULAS.values()} == set(ACTIVATIONS) <= set(LAYERS)


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4, 5)])
def test_softmax_is_that_of_the_loss(shape):
    x = np.random.default_rng(0).normal(0, 5, shape)
    np.testing.assert_allclose(Softmax().forward(x).reshape(-1, 5), softmax(x.reshape(-1, 5)), rtol=1e-12)


def test_softmax_of_extreme_numbers():
    layer, x = Softmax(), np.array([[1e4, -1e4, 1e4], [-1e4, -1e4, -1e4]], np.float32)
    np.testing.assert_allclose(layer.forward(x), [[0.5, 0, 0.5], [1 / 3] * 3], rtol=1e-6)
    np.testing.assert_allclose(layer.backward(np.ones_like(x)), 0, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "option", "message"),
    [
        (LeakyReLU, 1, "leaky_relu: slope is 1, it should be a finite number at least 0 and below 1"),
        (LeakyReLU, -0.1, "leaky_relu: slope is -0.1"),
        (ELU, 0, "elu: alpha is 0, it should be a finite number above 0"),
        (ELU, float("inf"), "elu: alpha is inf"),
    ],
)
def test_options_out_of_range(kind, option, message):
    with pytest.raises(InputError, match=f"^{message}"):
        kind(option)
