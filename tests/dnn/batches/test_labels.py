import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnn.base.errors import InputError
from dnn.batches.labels import class_indices, find_classes, from_one_hot, one_hot


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
