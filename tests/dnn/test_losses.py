import numpy as np
import pytest
from scipy import special
from sklearn.metrics import log_loss

from dnn.losses import log_softmax, smooth_labels, softmax, softmax_cross_entropy

EXTREME = np.array([[1e4, -1e4, 0], [0, 0, 0], [-1e30, -1e30, 1e30]], np.float32)


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(0, 5, (20, 4))


@pytest.fixture
def targets():
    return np.random.default_rng(1).dirichlet(np.ones(4), 20)


@pytest.mark.parametrize(("ours", "scipys"), [(softmax, special.softmax), (log_softmax, special.log_softmax)])
def test_agrees_with_scipy(ours, scipys, logits):
    np.testing.assert_allclose(ours(logits), scipys(logits, axis=1), rtol=1e-12)
    np.testing.assert_allclose(ours(EXTREME), scipys(EXTREME, axis=1), rtol=1e-6)
    assert ours(EXTREME).dtype == np.float32


def test_softmax_may_write_over_its_input(logits):
    expected = softmax(logits)
    assert softmax(logits, out=logits) is logits
    np.testing.assert_array_equal(logits, expected)


def test_cross_entropy_agrees_with_scikit_learn(logits):
    y = np.random.default_rng(1).integers(0, 4, 20)
    loss = softmax_cross_entropy(logits, np.eye(4)[y], np.empty_like(logits))
    assert loss == pytest.approx(log_loss(y, special.softmax(logits, axis=1), labels=range(4)), rel=1e-12)


def test_gradient_of_cross_entropy(logits, targets, assert_gradient):
    dlogits, scratch = np.empty_like(logits), np.empty_like(logits)
    softmax_cross_entropy(logits, targets, dlogits)
    assert_gradient(lambda: softmax_cross_entropy(logits, targets, scratch), logits, dlogits)


def test_extreme_logits_give_finite_loss_and_gradient():
    before, dlogits = EXTREME.copy(), np.empty_like(EXTREME)
    loss = softmax_cross_entropy(EXTREME, np.eye(3, dtype=np.float32), dlogits)
    assert loss == pytest.approx(np.log(3) / 3, rel=1e-6)
    np.testing.assert_allclose(dlogits, (special.softmax(EXTREME, axis=1) - np.eye(3)) / 3, atol=1e-7)
    np.testing.assert_array_equal(EXTREME, before)


def test_smoothed_labels_stay_distributions_in_float32():
    Y = np.eye(10, dtype=np.float32)
    smooth = smooth_labels(Y, 0.1)
    assert smooth.dtype == np.float32
    np.testing.assert_allclose(smooth.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(smooth[0, :2], [0.91, 0.01], rtol=1e-6)
    np.testing.assert_array_equal(smooth_labels(Y, 0), Y)
