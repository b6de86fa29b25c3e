import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnn.errors import InputError
from dnn.schedules import SCHEDULES, learning_rate_at


@pytest.mark.parametrize(
    ("name", "expected"),
    [("constant", [4, 4, 4, 4]), ("linear", [4, 3, 2, 1]), ("cosine", [4, 2 + 2**0.5, 2, 2 - 2**0.5])],
)
def test_values(name, expected):
    np.testing.assert_allclose([learning_rate_at(name, 4, step, 4) for step in range(4)], expected)
    after_warmup = [learning_rate_at(name, 4, step, 6, warmup_steps=2) for step in range(6)]
    np.testing.assert_allclose(after_warmup, [2, 4, *expected])


@given(
    st.sampled_from(list(SCHEDULES)), st.integers(1, 1000), st.integers(0, 1000), st.floats(1e-6, 10, allow_nan=False)
)
def test_climbs_through_the_warmup_then_never_again(name, total, warmup, base):
    warmup = min(warmup, total)
    rates = np.array([learning_rate_at(name, base, step, total, warmup) for step in range(total)])
    assert (rates > 0).all()
    assert rates.max() == pytest.approx(base)
    assert (np.diff(rates[:warmup]) > 0).all()
    assert (np.diff(rates[warmup:]) <= 0).all()


def test_unknown_name():
    with pytest.raises(InputError, match="'step', known are constant"):
        learning_rate_at("step", 1, 0, 1)
