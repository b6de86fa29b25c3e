import datetime
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from dnn.base.errors import InputError
from dnn.batches.labels import (
    check_kind,
    class_indices,
    find_classes,
    from_one_hot,
    one_hot,
    read_classes,
    read_labels,
    smooth_labels,
)
from dnn.batches.weights import class_weights

DIGITS = np.array([2, 0, 1, 2])


@pytest.mark.parametrize(
    "y",
    [
        DIGITS,
        DIGITS.tolist(),
        DIGITS.astype(float),
        DIGITS.astype(object),
        pd.Series(DIGITS),
        pd.Series(DIGITS, dtype="Int64"),
        pd.Series(DIGITS, dtype="category"),
    ],
)
def test_labels_one_by_one(y):
    labels, classes = read_labels(y)
    assert labels.tolist() == [2, 0, 1, 2]
    assert labels.dtype.kind in "if"
    assert classes is labels


@pytest.mark.parametrize("dtype", [object, "U3", "str", "category"])
def test_labels_that_are_texts(dtype):
    words = ["cow", "ant", "bee"]
    labels, classes = read_labels(pd.Series(words, dtype=dtype) if dtype != "U3" else np.array(words))
    assert labels.tolist() == words
    assert labels.dtype.kind == "U"
    assert classes is labels


@pytest.mark.parametrize(
    "y",
    [
        np.eye(4)[DIGITS],
        np.eye(4, dtype=bool)[DIGITS],
        np.eye(4)[DIGITS].tolist(),
        sparse.csr_array(np.eye(4)[DIGITS]),
        sparse.coo_matrix(np.eye(4, dtype=int)[DIGITS]),
        pd.DataFrame(np.eye(4)[DIGITS]),
    ],
)
def test_one_hot_labels_count_their_columns(y):
    labels, classes = read_labels(y)
    assert labels.tolist() == [2, 0, 1, 2]
    assert classes.tolist() == [0, 1, 2, 3]
    words = np.array(["a", "b", "c", "d"])
    if not isinstance(y, pd.DataFrame):
        labels, classes = read_labels(y, words)
        assert labels.tolist() == ["c", "a", "b", "c"]
        assert classes.tolist() == words.tolist()


@pytest.mark.parametrize("is_sparse", [False, True])
def test_the_names_of_indicator_columns_are_the_classes(is_sparse):
    labels, classes = read_labels(pd.get_dummies(DIGITS + 1, sparse=is_sparse))
    assert labels.tolist() == [3, 1, 2, 3]
    assert classes.tolist() == [1, 2, 3]
    table = pd.get_dummies(pd.Series(["cow", "ant"]), sparse=is_sparse)[["cow", "ant"]].assign(bee=False)
    labels, classes = read_labels(table, np.arange(3))
    assert labels.tolist() == ["cow", "ant"]
    assert classes.tolist() == ["ant", "bee", "cow"]


def columns(*names):
    return pd.DataFrame(np.eye(len(names)), columns=names)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (3, "y has shape (), it should be (n,) labels or (n, classes) one-hot"),
        (np.zeros((2, 2, 2)), "y has shape (2, 2, 2), it should be"),
        ([0, np.nan], "y contains NaN or infinity, first at 1"),
        ([0, np.inf], "y contains NaN or infinity, first at 1"),
        (["a", None], "y contains NaN or nothing, first at 1"),
        (np.array(["a", np.nan], object), "y contains NaN or nothing, first at 1"),
        (pd.Series([1, None], dtype="Int64"), "y contains NaN or"),
        (pd.Series(["a", None], dtype="category"), "y contains NaN or nothing, first at 1"),
        ([1, 0.5], "y is continuous, it has 0.5 at 1"),
        ([1, "a"], "y has 1 at 0 and 'a' at 1: make its labels all texts or all numbers"),
        (np.array(["a", "b", 2], object), "y has 'a' at 0 and 2 at 2: make"),
        ([b"a", b"b"], "y is of |S1, labels should be whole numbers or texts; y.astype(str)"),
        ([1j, 2], "y is of complex128"),
        (np.array(["2026-01-01"], "M8[D]"), "y is of datetime64[D]"),
        (np.array([datetime.date(2026, 1, 1)]), "y has datetime.date(2026, 1, 1) at 0, its labels should be"),
        ([[0, 1], [1]], "the rows of y have different lengths"),
        ([["a", "b"]], "y of shape (1, 2) is of <U1: give labels as (n,), or one-hot as numbers"),
        (columns("a", "a"), "y has 2 columns, which stand for the classes ['a', 'a']"),
        (columns("a", 1), "the row of y's column names has 'a' at 0 and 1 at 1"),
        (columns("a", np.nan), "the row of y's column names contains NaN"),
        (columns(("a", "b"), ("a", "c")), "y has 2 columns, which stand for the classes"),
    ],
)
def test_labels_that_stand_for_no_class(y, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_labels(y)
    assert "\n" not in str(caught.value)


def test_one_hot_labels_for_another_number_of_classes_or_in_no_order():
    with pytest.raises(InputError, match=r"y has 4 columns, which stand for the classes \[0, 1, 2\]"):
        read_labels(np.eye(4), np.arange(3))
    with pytest.raises(InputError, match=r"classes is \['b', 'a'\], give it in order"):
        read_labels(np.eye(2), np.array(["b", "a"]))


@pytest.mark.parametrize(("y", "classes"), [(["0", "1"], [0, 1]), ([0, 1], ["0", "1"])])
def test_texts_beside_numbers(y, classes):
    for check in (check_kind, class_indices):
        with pytest.raises(InputError, match="one is text, the other a number"):
            check(np.array(y), np.array(classes))


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


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (5, "classes is 5, it should be a list of all labels"),
        ("abc", "classes is 'abc', it should be a list"),
        (np.eye(2), "it should be a list of all labels"),
        ([0, 1, 3, 3], "classes has 3 more than once; give it once"),
        (["b", "b"], "classes has 'b' more than once"),
        ([0, 0.5], "classes is continuous, it has 0.5 at 1"),
        ([0, None], "classes contains NaN or nothing, first at 1"),
    ],
    ids=str,
)
def test_lists_of_classes_that_make_no_sense(classes, message):
    with pytest.raises(InputError, match=message):
        read_classes(classes)
    assert read_classes(pd.Series([2, 0])).tolist() == [2, 0]


LABELS = np.arange(3000)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: class_indices(np.array([9999]), LABELS),
        lambda: class_indices(np.array(["a" * 999]), LABELS.astype(str)),
        lambda: check_kind(np.array(["a" * 999]), LABELS),
        lambda: read_labels(np.ones((2, 3000))),
        lambda: read_labels(np.eye(4), LABELS),
        lambda: read_labels(np.eye(3000), LABELS[::-1]),
        lambda: read_labels(["a" * 999, 1]),
        lambda: read_classes([LABELS.tolist()]),
        lambda: class_weights(LABELS, LABELS, "a" * 999),
        lambda: class_weights(LABELS, LABELS, {"a" * 999: -1}),
    ],
)
def test_messages_are_short_and_without_numpys_names(mistake):
    with pytest.raises(InputError) as caught:
        mistake()
    assert len(str(caught.value)) < 300
    assert "np." not in str(caught.value)
