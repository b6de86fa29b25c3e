import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.training.holdout import hold_out


def test_a_tenth_is_held_out_class_by_class():
    y = np.arange(100) % 2
    rows, val_rows = hold_out(y)
    assert sorted([*rows, *val_rows]) == list(range(100))
    assert np.bincount(y[val_rows]).tolist() == [5, 5]
    np.testing.assert_array_equal(hold_out(y)[1], val_rows)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a"] * 30 + ["b"], "class 'b' has a single one: .*validation_data, or set patience=0"),
        ([0, 1, 2] * 3, "of 9 that is fewer than the 3 classes: .*patience=0"),
        ([0], "class 0 has a single one"),
    ],
)
def test_too_few_examples(y, message):
    with pytest.raises(InputError, match=message):
        hold_out(np.array(y))


@pytest.mark.parametrize("n", range(2, 40))
def test_whatever_is_not_refused_can_be_held_out(n):
    for classes in range(1, 6):
        y = np.arange(n) % classes
        try:
            rows, val_rows = hold_out(y)
        except InputError:
            continue
        assert len(rows) + len(val_rows) == n
