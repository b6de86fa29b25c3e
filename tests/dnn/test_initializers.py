import numpy as np
import pytest

from dnn.initializers import HALF_OPEN, INITIALIZERS, initialize, resolve_initializer
from dnn.layers import ACTIVATIONS

FAN_IN, FAN_OUT = 400, 100
STD = {"xavier": (2 / 500) ** 0.5, "he": (2 / 400) ** 0.5, "lecun": (1 / 400) ** 0.5}


def drawn(name, seed=0):
    W = np.full((FAN_IN, FAN_OUT), np.nan, np.float32)
    initialize(name, W, FAN_IN, FAN_OUT, np.random.default_rng(seed))
    return W


@pytest.mark.parametrize("name", INITIALIZERS)
def test_mean_spread_and_distribution(name):
    W, std = drawn(name), STD[name.partition("_")[0]]
    # over 40,000 draws these are more than five standard errors, and less than any two schemes lie apart
    assert abs(W.mean()) < 5 * std / 200
    assert W.std() == pytest.approx(std, rel=0.02)
    limit = 3**0.5 * std * (1 + 1e-6)
    beyond = np.mean(np.abs(W) > limit)
    assert beyond == pytest.approx(0.0833, abs=0.01) if name.endswith("normal") else beyond == 0
    assert W.dtype == np.float32


@pytest.mark.parametrize("scheme", STD)
def test_the_bare_name_is_the_uniform_form_and_the_seed_decides(scheme):
    np.testing.assert_array_equal(drawn(scheme), drawn(f"{scheme}_uniform"))
    assert (drawn(scheme) != drawn(scheme, seed=1)).mean() > 0.99


@pytest.mark.parametrize("hidden_layers", [1, 10])
def test_he_keeps_the_signal_level_through_relu(hidden_layers):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 300))
    for _ in range(hidden_layers):
        W = np.empty((300, 300))
        initialize("he", W, 300, 300, rng)
        X = np.maximum(X, 0) @ W
    assert X.var() == pytest.approx(1, rel=0.5)


@pytest.mark.parametrize("activation", [*ACTIVATIONS, "softmax", "dense", "conv"])
def test_auto_is_he_before_relu_and_its_kin_and_xavier_before_the_rest(activation):
    saturating = activation not in ("relu", "leaky_relu", "elu", "silu", "gelu")
    assert resolve_initializer("auto", activation) == ("xavier" if saturating else "he")
    assert (activation in HALF_OPEN) != saturating
    for name in INITIALIZERS:
        assert resolve_initializer(name, activation) == name
