import numpy as np
import pytest
from scipy import special
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.metrics import mean_squared_error as sklearn_mse

from dnn.losses import (
    LOSSES,
    MeanSquaredError,
    SoftmaxCrossEntropy,
    log_softmax,
    row_maxima,
    row_sums,
    softmax,
)

EXTREME = np.array([[1e4, -1e4, 0], [0, 0, 0], [-1e30, -1e30, 1e30]], np.float32)
WEIGHTS = np.random.default_rng(2).uniform(0, 3, 20)
each_loss = pytest.mark.parametrize("kind", LOSSES.values(), ids=LOSSES)


def both(kind, outputs, Y, weights=None):
    """The loss and its gradient."""
    loss = kind()
    return loss.forward(outputs, Y, weights), loss.backward()


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


@pytest.mark.parametrize("weights", [None, WEIGHTS / WEIGHTS.mean()], ids=["plain", "weighted"])
def test_losses_agree_with_scikit_learn(logits, weights):
    y = np.random.default_rng(1).integers(0, 4, 20)
    Y, p = np.eye(4)[y], special.softmax(logits, axis=1)
    theirs = {
        SoftmaxCrossEntropy: log_loss(y, p, labels=range(4), sample_weight=weights),
        MeanSquaredError: sklearn_mse(Y, p, sample_weight=weights),
    }
    for kind, loss in theirs.items():
        assert kind().forward(logits, Y, weights) == pytest.approx(loss, rel=1e-12)


def test_squared_error_of_two_classes_is_the_brier_score():
    logits, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    loss = MeanSquaredError().forward(logits, np.eye(2)[y])
    assert loss == pytest.approx(brier_score_loss(y, special.softmax(logits, axis=1)[:, 1]), rel=1e-12)


@each_loss
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_value_alone_is_that_of_forward(kind, weights, dtype, logits, targets):
    logits, targets = logits.astype(dtype), targets.astype(dtype)
    weights = None if weights is None else weights.astype(dtype)
    loss = kind().forward(logits, targets, weights)
    assert kind.value(logits, targets, weights) == pytest.approx(loss, rel=1e-5 if dtype == np.float32 else 1e-12)


@each_loss
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_gradients(kind, weights, logits, targets, assert_gradient):
    _, gradient = both(kind, logits, targets, weights)
    assert_gradient(lambda: kind().forward(logits, targets, weights), logits, gradient)


@each_loss
def test_weights_of_1_are_no_weights_and_types_stay(kind, logits, targets):
    logits, targets = logits.astype(np.float32), targets.astype(np.float32)
    loss, plain = both(kind, logits, targets)
    weighted_loss, weighted = both(kind, logits, targets, np.ones(20, np.float32))
    assert weighted_loss == pytest.approx(loss, rel=1e-6)
    np.testing.assert_allclose(weighted, plain, rtol=1e-5, atol=1e-7)
    assert plain.dtype == weighted.dtype == np.float32


@each_loss
def test_weights_are_not_made_relative_to_those_of_the_mini_batch(kind, logits, targets):
    """Or those of a rare class would count for nothing in small ones."""
    loss, gradient = both(kind, logits, targets, WEIGHTS)
    parts = [both(kind, logits[k : k + 1], targets[k : k + 1], WEIGHTS[k : k + 1]) for k in range(20)]
    assert np.mean([part[0] for part in parts]) == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(np.concatenate([part[1] for part in parts]) / 20, gradient, rtol=1e-12)


@each_loss
def test_an_example_of_weight_0_teaches_nothing(kind, logits, targets):
    loss, there = both(kind, logits, targets, np.r_[0.0, np.ones(19)])
    loss_without, without = both(kind, logits[1:], targets[1:])
    assert loss == pytest.approx(loss_without * 19 / 20, rel=1e-12)
    np.testing.assert_allclose(there[1:], without * 19 / 20, rtol=1e-12)
    assert (there[0] == 0).all()
    loss, none_there = both(kind, logits, targets, np.zeros(20))
    assert loss == 0
    assert (none_there == 0).all()


@each_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_smaller_and_larger_batches_in_turn_give_what_each_gives_alone(kind, dtype, logits, targets):
    loss, logits, targets = kind(), logits.astype(dtype), targets.astype(dtype)
    for rows in (7, 20, 3, 20):
        found = loss.forward(logits[:rows], targets[:rows]), loss.backward()
        expected = both(kind, logits[:rows], targets[:rows])
        assert found[0] == expected[0]
        np.testing.assert_array_equal(found[1], expected[1])
        assert found[1].dtype == dtype


def test_extreme_logits_give_finite_loss_and_gradient():
    before = EXTREME.copy()
    expected = (special.softmax(EXTREME, axis=1) - np.eye(3)) / 3
    for weights in (None, np.ones(3, np.float32)):
        loss, dlogits = both(SoftmaxCrossEntropy, EXTREME, np.eye(3, dtype=np.float32), weights)
        assert loss == pytest.approx(np.log(3) / 3, rel=1e-6)
        np.testing.assert_allclose(dlogits, expected, atol=1e-7)
    np.testing.assert_array_equal(EXTREME, before)


def test_squared_error_of_extreme_logits_is_that_of_their_answers():
    before = EXTREME.copy()
    loss, dlogits = both(MeanSquaredError, EXTREME, np.eye(3, dtype=np.float32))
    assert loss == pytest.approx((4 / 9 + 1 / 9 + 1 / 9) / 9, rel=1e-6)
    assert np.isfinite(dlogits).all()
    np.testing.assert_array_equal(EXTREME, before)


def test_extreme_logits_that_are_wrong_cost_their_distance():
    logits = np.array([[1e4, -1e4]], np.float32)
    loss, dlogits = both(SoftmaxCrossEntropy, logits, np.array([[0, 1]], np.float32))
    assert loss == 2e4
    np.testing.assert_array_equal(dlogits, [[1, -1]])


@pytest.mark.parametrize("weights", [None, np.array([2.0])])
@pytest.mark.parametrize("logit", [-1e4, 0, 1e4])
def test_one_class_and_a_batch_of_one(logit, weights):
    one, logits = np.ones((1, 1)), np.array([[logit]], float)
    assert both(SoftmaxCrossEntropy, logits, one, weights) == (0, 0)
    assert both(MeanSquaredError, logits, one, weights) == (0, 0)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_maxima_and_sums_of_rows(rows, rng):
    Z = rng.normal(size=(rows, 10)).astype(np.float32)
    for found, expected in ((row_maxima(Z), Z.max(axis=1)), (row_sums(Z), Z.sum(axis=1))):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected[:, None], atol=1e-5)
