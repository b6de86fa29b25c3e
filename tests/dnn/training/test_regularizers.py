import numpy as np
import pytest

from dnn.network import Weight
from dnn.training.regularizers import add_l1_gradient, add_l2_gradient, clip_by_norm, clip_by_value, decay, max_norm
from tests.networks import mlp


def weight(W, dW=None, factor=1.0):
    return Weight(W, np.zeros_like(W) if dW is None else dW, np.empty_like(W), factor)


@pytest.mark.parametrize(
    ("add", "penalty"),
    [
        ([(add_l1_gradient, 0.3)], lambda W: 0.3 * np.abs(W).sum()),
        ([(add_l2_gradient, 0.3)], lambda W: 0.3 / 2 * (W**2).sum()),
        (
            [(add_l1_gradient, 0.2), (add_l2_gradient, 0.3)],
            lambda W: 0.2 * np.abs(W).sum() + 0.3 / 2 * (W**2).sum(),
        ),
    ],
    ids=["l1", "l2", "elastic net"],
)
def test_penalties_add_their_gradient(add, penalty, assert_gradient):
    rng = np.random.default_rng(0)
    W, dW = rng.normal(size=(2, 4, 3))
    before = dW.copy()
    for function, strength in add:
        function([weight(W, dW)], strength)
    assert_gradient(lambda: penalty(W), W, dW - before)


def test_l1_does_not_pull_at_0():
    W, dW = np.array([[0.0, -2.0, 3.0]]), np.zeros((1, 3))
    add_l1_gradient([weight(W, dW)], 0.5)
    np.testing.assert_array_equal(dW, [[0, -0.5, 0.5]])


@pytest.mark.parametrize(
    ("act", "strength", "of_gradient", "expected"),
    [
        (add_l1_gradient, 0.25, True, {"W": 0.25, "b": 0}),
        (add_l2_gradient, 0.25, True, {"W": 0.25, "b": 0}),
        (decay, 0.25, False, {"W": 0.75, "b": 1}),
        (max_norm, 0.5, False, {"W": 0.25, "b": 1}),  # four inputs of 0.25 have norm 0.5
    ],
)
def test_weights_are_reached_and_biases_are_not(act, strength, of_gradient, expected):
    network = mlp([4, 4, 2], dropout=0.5)
    network.params[...] = 1
    act(network.decayed, strength)
    changed = network.grads if of_gradient else network.params
    views = [(name, p) for layer in network.layers for name, p in layer.parameters.items()]
    assert [name for name, _ in views] == ["W", "b", "W", "b"]
    np.testing.assert_array_equal(changed, np.concatenate([np.full(p.size, expected[name]) for name, p in views]))


def test_decay_follows_the_learning_rate_of_its_layer():
    W = np.ones((2, 2))
    decay([weight(W, factor=0.5)], 0.2)
    np.testing.assert_allclose(W, 0.9)


@pytest.mark.parametrize("shape", [(6, 4), (3, 3, 2, 4)], ids=["dense", "conv"])
def test_max_norm_holds_for_each_unit_and_leaves_those_within(shape):
    W = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    W[..., 0] *= 0.01
    W[..., 1] = 0
    before = W.copy()
    max_norm([weight(W)], 1.0)
    norms = np.linalg.norm(W.reshape(-1, 4), axis=0)
    np.testing.assert_allclose(norms[2:], 1, rtol=1e-6)
    np.testing.assert_array_equal(W[..., :2], before[..., :2])
    # the direction stays
    scale = norms / np.maximum(np.linalg.norm(before.reshape(-1, 4), axis=0), 1e-30)
    np.testing.assert_allclose(W, before * scale, rtol=1e-5)
    assert W.dtype == np.float32


def test_clip_by_norm():
    grads = np.array([3, -4], np.float32)
    assert clip_by_norm(grads, 10) == 5
    np.testing.assert_array_equal(grads, [3, -4])
    assert clip_by_norm(grads, 1) == 5
    np.testing.assert_allclose(grads, [0.6, -0.8], rtol=1e-6)


def test_clip_by_norm_of_segments_neither_sees_nor_changes_the_rest():
    grads = np.array([100, 3, 200, -4.0])
    assert clip_by_norm(grads, 1, [(slice(1, 2), 1.0), (slice(3, 4), 0.5)]) == 5
    np.testing.assert_allclose(grads, [100, 0.6, 200, -0.8])
    assert clip_by_norm(grads, 1, []) == 0


def test_clip_by_norm_where_the_squares_leave_float32():
    grads = np.array([3e30, -4e30], np.float32)
    assert clip_by_norm(grads, 1) == pytest.approx(5e30, rel=1e-6)
    np.testing.assert_allclose(grads, [0.6, -0.8], rtol=1e-6)


def test_clipping_does_not_hide_a_gradient_that_is_no_number():
    grads = np.array([1, np.nan], np.float32)
    assert np.isnan(clip_by_norm(grads, 1))
    clip_by_value(grads, 0.5)
    assert np.isnan(grads[1])


def test_clip_by_value():
    grads = np.array([-3, -0.5, 0.5, 3], np.float32)
    clip_by_value(grads, 1)
    np.testing.assert_array_equal(grads, [-1, -0.5, 0.5, 1])
