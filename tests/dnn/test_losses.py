import numpy as np
import pytest
from scipy import special
from sklearn.metrics import log_loss
from sklearn.metrics import mean_squared_error as sklearn_mse
from sklearn.utils.class_weight import compute_class_weight

from dnn.base.errors import InputError
from dnn.losses import (
    class_weights,
    log_softmax,
    mean_squared_error,
    row_maxima,
    row_sums,
    smooth_labels,
    softmax,
    softmax_cross_entropy,
)

EXTREME = np.array([[1e4, -1e4, 0], [0, 0, 0], [-1e30, -1e30, 1e30]], np.float32)
WEIGHTS = np.random.default_rng(2).uniform(0, 3, 20)
each_loss = pytest.mark.parametrize("loss_of", [softmax_cross_entropy, mean_squared_error])


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


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_losses_agree_with_scikit_learn(logits, weights):
    y = np.random.default_rng(1).integers(0, 4, 20)
    loss = softmax_cross_entropy(logits, np.eye(4)[y], np.empty_like(logits), weights)
    p = special.softmax(logits, axis=1)
    assert loss == pytest.approx(log_loss(y, p, labels=range(4), sample_weight=weights), rel=1e-12)
    loss = mean_squared_error(logits, np.eye(4)[y], np.empty_like(logits), weights)
    assert loss == pytest.approx(sklearn_mse(np.eye(4)[y], logits, sample_weight=weights), rel=1e-12)


@each_loss
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_gradients(loss_of, weights, logits, targets, assert_gradient):
    gradient, scratch = np.empty_like(logits), np.empty_like(logits)
    loss_of(logits, targets, gradient, weights)
    assert_gradient(lambda: loss_of(logits, targets, scratch, weights), logits, gradient)


@each_loss
def test_equal_weights_are_no_weights_and_types_stay(loss_of, logits, targets):
    logits, targets = logits.astype(np.float32), targets.astype(np.float32)
    plain, weighted = np.empty_like(logits), np.empty_like(logits)
    loss = loss_of(logits, targets, plain)
    assert loss_of(logits, targets, weighted, np.full(20, 3, np.float32)) == pytest.approx(loss, rel=1e-6)
    np.testing.assert_allclose(weighted, plain, rtol=1e-5, atol=1e-7)


@each_loss
def test_an_example_of_weight_0_is_not_there(loss_of, logits, targets):
    weights = np.r_[0.0, np.ones(19)]
    there, without = np.empty_like(logits), np.empty_like(logits)
    loss = loss_of(logits, targets, there, weights)
    assert loss == pytest.approx(loss_of(logits[1:], targets[1:], without[1:]), rel=1e-12)
    np.testing.assert_allclose(there[1:], without[1:], rtol=1e-12)
    assert (there[0] == 0).all()
    assert loss_of(logits, targets, there, np.zeros(20)) == 0
    assert (there == 0).all()


def test_extreme_logits_give_finite_loss_and_gradient():
    before, dlogits = EXTREME.copy(), np.empty_like(EXTREME)
    expected = (special.softmax(EXTREME, axis=1) - np.eye(3)) / 3
    for weights in (None, np.ones(3, np.float32)):
        loss = softmax_cross_entropy(EXTREME, np.eye(3, dtype=np.float32), dlogits, weights)
        assert loss == pytest.approx(np.log(3) / 3, rel=1e-6)
        np.testing.assert_allclose(dlogits, expected, atol=1e-7)
    np.testing.assert_array_equal(EXTREME, before)


def test_extreme_logits_that_are_wrong_cost_their_distance():
    logits, dlogits = np.array([[1e4, -1e4]], np.float32), np.empty((1, 2), np.float32)
    assert softmax_cross_entropy(logits, np.array([[0, 1]], np.float32), dlogits) == 2e4
    np.testing.assert_array_equal(dlogits, [[1, -1]])


@pytest.mark.parametrize("weights", [None, np.array([2.0])])
@pytest.mark.parametrize("logit", [-1e4, 0, 1e4])
def test_one_class_and_a_batch_of_one(logit, weights):
    dlogits = np.empty((1, 1))
    assert softmax_cross_entropy(np.array([[logit]]), np.ones((1, 1)), dlogits, weights) == 0
    assert dlogits == 0
    assert mean_squared_error(np.array([[logit]]), np.ones((1, 1)), dlogits, weights) == (logit - 1) ** 2
    assert dlogits == 2 * (logit - 1)


def test_smoothed_labels_stay_distributions_in_float32():
    Y = np.eye(10, dtype=np.float32)
    smooth = smooth_labels(Y, 0.1)
    assert smooth.dtype == np.float32
    np.testing.assert_allclose(smooth.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(smooth[0, :2], [0.91, 0.01], rtol=1e-6)
    np.testing.assert_array_equal(smooth_labels(Y, 0), Y)


@pytest.mark.parametrize("given", ["balanced", {"cat": 2.5, "dog": 0}])
def test_class_weights_agree_with_scikit_learn(given):
    classes = np.array(["ant", "cat", "dog"])
    y = np.random.default_rng(0).choice(classes, 50, p=[0.1, 0.6, 0.3])
    np.testing.assert_allclose(
        class_weights(y, classes, given), compute_class_weight(given, classes=classes, y=y), rtol=1e-12
    )


def test_balanced_weights_have_mean_1_also_where_a_class_has_no_example():
    y = np.array([0, 0, 0, 2])
    weights = class_weights(y, np.arange(3))
    np.testing.assert_allclose(weights, [2 / 3, 0, 2])
    assert weights[y].mean() == 1
    np.testing.assert_array_equal(class_weights(np.array([5, 5]), np.array([5])), [1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("even", "class_weight is 'even', it should be balanced"),
        ({4: 1}, r"label np.int64\(4\) is none of the classes"),
        ({1: -1}, "class_weight of 1 is -1, it should be a finite number of at least 0"),
        ({1: float("nan")}, "class_weight of 1 is nan"),
    ],
)
def test_class_weights_that_make_no_sense(given, message):
    with pytest.raises(InputError, match=message):
        class_weights(np.array([0, 1]), np.arange(3), given)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_maxima_and_sums_of_rows(rows, rng):
    Z = rng.normal(size=(rows, 10)).astype(np.float32)
    for found, expected in ((row_maxima(Z), Z.max(axis=1)), (row_sums(Z), Z.sum(axis=1))):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected[:, None], atol=1e-5)
