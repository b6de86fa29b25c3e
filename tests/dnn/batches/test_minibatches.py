from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnn.batches.minibatches import batch_sizes, batches


def examples(n):
    """Row i holds i, in X and in Y."""
    return np.arange(n, dtype=np.float32)[:, None] * np.ones(3, np.float32), np.arange(n)[:, None]


@given(st.integers(1, 50), st.integers(1, 60))
def test_every_example_once_with_its_label(n, batch_size):
    X, Y = examples(n)
    seen, sizes = [], []
    for X_batch, Y_batch in batches(X, Y, batch_size=batch_size, rng=np.random.default_rng(0)):
        np.testing.assert_array_equal(X_batch, Y_batch * np.ones(3))
        seen += Y_batch[:, 0].tolist()
        sizes.append(len(X_batch))
    assert sorted(seen) == list(range(n))
    assert sizes == batch_sizes(n, batch_size)


@given(st.integers(1, 500), st.integers(1, 600))
def test_as_few_batches_as_hold_all_and_none_below_half_the_size(n, batch_size):
    sizes = batch_sizes(n, batch_size)
    assert sum(sizes) == n
    assert len(sizes) == ceil(n / batch_size)
    assert max(sizes) <= batch_size
    assert min(sizes) >= min(n, batch_size // 2)
    assert set(sizes[:-2]) <= {batch_size}


@pytest.mark.parametrize(
    ("n", "batch_size", "last"),
    [
        (55_000, 128, [128, 88]),
        (600, 599, [300, 300]),
        (600, 590, [300, 300]),
        (601, 300, [151, 150]),
        (600, 300, [300, 300]),
        (600, 400, [400, 200]),
        (600, 401, [300, 300]),
        (7, 128, [7]),
    ],
)
def test_what_is_left_is_shared_where_it_is_less_than_half(n, batch_size, last):
    assert batch_sizes(n, batch_size)[-2:] == last


def test_the_generator_decides_the_order_anew_each_epoch():
    def order(rng):
        return np.concatenate([Y.ravel() for _, Y in batches(*examples(50), batch_size=8, rng=rng)]).tolist()

    rng = np.random.default_rng(0)
    first, second = order(rng), order(rng)
    assert first == order(np.random.default_rng(0))
    assert first != second != list(range(50))


def test_a_few_buffers_serve_the_epoch():
    pairs = list(batches(*examples(80), batch_size=8, rng=np.random.default_rng(0)))
    assert len({X.ctypes.data for X, _ in pairs}) <= 2
    assert len({Y.ctypes.data for _, Y in pairs}) <= 2


@pytest.mark.parametrize("batch_size", [4, 10])
def test_the_transform_sees_each_batch_of_inputs_in_order_and_the_data_stays(batch_size):
    (X, Y), seen = examples(10), []

    def transform(X_batch):
        seen.extend(X_batch[:, 0].tolist())
        return -X_batch

    taken = []
    for X_batch, Y_batch in batches(X, Y, batch_size=batch_size, rng=np.random.default_rng(0), transform=transform):
        np.testing.assert_array_equal(X_batch, -Y_batch * np.ones(3))
        taken += Y_batch[:, 0].tolist()
    plain = [Y_batch.copy() for _, Y_batch in batches(X, Y, batch_size=batch_size, rng=np.random.default_rng(0))]
    assert taken == seen == np.concatenate(plain)[:, 0].tolist()
    np.testing.assert_array_equal(X, examples(10)[0])


def test_an_error_in_the_transform_reaches_the_caller():
    def transform(X_batch):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(batches(*examples(10), batch_size=4, rng=np.random.default_rng(0), transform=transform))
