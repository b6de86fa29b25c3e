import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from dnn.base.errors import InputError
from dnn.batches.labels import (
    class_indices,
    class_weights,
    example_weights,
    find_classes,
    from_one_hot,
    one_hot,
    smooth_labels,
)


@given(st.lists(st.integers(0, 9), min_size=1))
def test_one_hot_and_back(digits):
    Y = one_hot(np.array(digits), 10)
    assert Y.dtype == np.float32
    np.testing.assert_array_equal(Y, np.eye(10)[digits])
    assert from_one_hot(Y).tolist() == digits


@pytest.mark.parametrize("row", [[0, 0, 0], [1, 1, 0], [0, 2, 0], [0.5, 0.5, 0], [1, -1, 0], [0, np.nan, 0]])
def test_rows_that_are_not_one_hot(row):
    with pytest.raises(InputError, match="row 1 is"):
        from_one_hot(np.array([[0, 1, 0], row]))


@pytest.mark.parametrize(
    ("y", "outputs", "expected"),
    [
        ([3, 1, 3], None, [1, 3]),
        (["b", "a"], None, ["a", "b"]),
        (["b", "a"], 2, ["a", "b"]),
        ([7, 5], 2, [5, 7]),
        ([3, 1, 3], 5, [0, 1, 2, 3, 4]),
    ],
)
def test_classes(y, outputs, expected):
    assert find_classes(np.array(y), outputs).tolist() == expected


@pytest.mark.parametrize(("y", "outputs"), [([0, 1, 2], 2), ([0, 5], 3), ([-1, 1], 3), (["a", "b"], 3), ([0.5, 1], 3)])
def test_classes_that_the_last_layer_does_not_fit(y, outputs):
    with pytest.raises(InputError, match=f"the network has {outputs} outputs"):
        find_classes(np.array(y), outputs)


def test_labels_find_their_columns():
    classes = np.array(["eight", "one", "three"])
    assert class_indices(np.array(["three", "eight", "three"]), classes).tolist() == [2, 0, 2]
    assert class_indices(np.array([9, 4]), np.array([4, 9])).tolist() == [1, 0]


@pytest.mark.parametrize("unknown", [-1, 5, 99])
def test_a_label_that_is_no_class(unknown):
    with pytest.raises(InputError, match=rf"{unknown}.* none of the classes \[4, 9\]"):
        class_indices(np.array([4, unknown]), np.array([4, 9]))


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
        ({4: 1}, r"label np.int64\(4\) is none of the classes"),
        ({1: -1}, "class_weight of 1 is -1, it should be a finite number of at least 0"),
        ({1: float("nan")}, "class_weight of 1 is nan"),
        ({1: None}, "class_weight of 1 is None, it should be a finite number"),
        (5, "class_weight is 5, it should be balanced"),
    ],
)
def test_class_weights_that_make_no_sense(given, message):
    with pytest.raises(InputError, match=message):
        class_weights(np.array([0, 1]), np.arange(3), given)
