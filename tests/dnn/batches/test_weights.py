import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from dnn.base.errors import InputError
from dnn.batches.weights import class_weights, example_weights


@pytest.mark.parametrize("given", ["balanced", {"cat": 2.5, "dog": 0}])
def test_class_weights_agree_with_scikit_learn(given):
    classes = np.array(["ant", "cat", "dog"])
    y = np.random.default_rng(0).choice(classes, 50, p=[0.1, 0.6, 0.3])
    np.testing.assert_allclose(
        class_weights(y, classes, given), compute_class_weight(given, classes=classes, y=y), rtol=1e-12
    )


def test_the_weight_of_an_example_is_its_class_s_times_its_own():
    y, own = np.array([4, 9, 4]), np.array([1.0, 2.0, 0.5])
    classes = np.array([4, 9])
    assert example_weights(y, classes, None) is None
    assert example_weights(y, classes, None, own).tolist() == own.tolist()
    assert example_weights(y, classes, {9: 3.0}).tolist() == [1, 3, 1]
    assert example_weights(y, classes, {9: 3.0}, own).tolist() == [1, 6, 0.5]
    assert example_weights(y, classes, "balanced", own).tolist() == [0.75, 3, 0.375]


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        ([1, 2], r"sample_weight has shape \(2,\), it should be \(3,\)"),
        ([[1], [2], [3]], r"sample_weight has shape \(3, 1\)"),
        ([1, -1, 1], r"sample_weight is -1\.0 at 1, it should be a finite number of at least 0"),
        ([1, 1, float("nan")], "sample_weight is nan at 2"),
        ([1, 1, "many"], "sample_weight should be a number for each of the 3 examples"),
    ],
)
def test_weights_of_examples_that_make_no_sense(sample_weight, message):
    with pytest.raises(InputError, match=message):
        example_weights(np.array([4, 9, 4]), np.array([4, 9]), None, sample_weight)


def test_one_weight_is_for_all():
    assert example_weights(np.array([4, 9, 4]), np.array([4, 9]), None, 2).tolist() == [2, 2, 2]


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
        ({4: 1}, r"label 4 is none of the classes"),
        ({1: -1}, "class_weight of 1 is -1, it should be a finite number of at least 0"),
        ({1: float("nan")}, "class_weight of 1 is nan"),
        ({1: None}, "class_weight of 1 is None, it should be a finite number"),
        (5, "class_weight is 5, it should be balanced"),
    ],
)
def test_class_weights_that_make_no_sense(given, message):
    with pytest.raises(InputError, match=message):
        class_weights(np.array([0, 1]), np.arange(3), given)
