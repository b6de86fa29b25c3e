import numpy as np
import pytest

from dnn.base.threads import chunks


@pytest.mark.parametrize(("size", "row", "lengths"), [(64, 0, [4, 4, 2]), (1, 0, [1] * 10), (64, 32, [2] * 5)])
def test_all_rows_come_in_order_as_many_as_fit(size, row, lengths):
    A, B = np.arange(40, dtype=np.float32).reshape(10, 4), np.arange(10)
    parts = list(chunks(size, A, B, row=row))
    assert [len(a) for a, _ in parts] == lengths
    np.testing.assert_array_equal(np.concatenate([a for a, _ in parts]), A)
    np.testing.assert_array_equal(np.concatenate([b for _, b in parts]), B)


def test_they_are_views():
    A = np.zeros(10)
    for (a,) in chunks(24, A):
        a += 1
    assert (A == 1).all()


def test_no_rows_are_no_chunks():
    assert list(chunks(8, np.empty((0, 3)), np.empty(0))) == []
