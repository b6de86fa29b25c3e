import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnn.base.errors import InputError
from dnn.training.learning_rate import LearningRate
from dnn.training.recipe import Recipe
from dnn.training.schedules import SCHEDULES, make_schedule

FALLING = ("constant", "linear", "polynomial", "exponential", "step", "cosine")


def factors(name, total, **options):
    schedule = make_schedule(name, **options)
    return [schedule.factor(step, total) for step in range(total)]


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("constant", {}, [1, 1, 1, 1]),
        ("linear", {}, [1, 3 / 4, 2 / 4, 1 / 4]),
        ("linear", {"final": 0.2}, [1, 0.8, 0.6, 0.4]),
        ("polynomial", {}, [1, 9 / 16, 4 / 16, 1 / 16]),
        ("polynomial", {"power": 1, "final": 0.2}, [1, 0.8, 0.6, 0.4]),
        ("exponential", {"final": 1 / 16}, [1, 1 / 2, 1 / 4, 1 / 8]),
        ("step", {"drops": 1, "gamma": 0.5}, [1, 1, 0.5, 0.5]),
        ("cosine", {}, [1, (2 + 2**0.5) / 4, 1 / 2, (2 - 2**0.5) / 4]),
        ("cosine", {"cycles": 2}, [1, 1 / 2, 1, 1 / 2]),
        ("cosine", {"cycles": 2, "growth": 3, "final": 0.5}, [1, 1, 7 / 8, 5 / 8]),
        ("one_cycle", {"rise": 0.75, "start": 0.2, "final": 0.1}, [0.2, 0.6, 1, 0.1]),
        ("plateau", {}, [1, 1, 1, 1]),
    ],
)
def test_values(name, options, expected):
    np.testing.assert_allclose(factors(name, 4, **options), expected)


@given(st.sampled_from(FALLING), st.integers(1, 1000), st.integers(0, 1000), st.floats(1e-6, 10, allow_nan=False))
def test_climbs_through_the_warmup_then_never_again(name, total, warmup, base):
    warmup = min(warmup, total)
    learning_rate = LearningRate(make_schedule(name), base, total, warmup)
    rates = np.array([learning_rate(step) for step in range(total)])
    assert (rates > 0).all()
    assert rates.max() == pytest.approx(base)
    assert (np.diff(rates[:warmup]) > 0).all()
    assert (np.diff(rates[warmup:]) <= 0).all()


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_warmup_leads_to_where_the_schedule_starts(name):
    learning_rate = LearningRate(make_schedule(name), base=4, total_steps=10, warmup_steps=2)
    rates = [learning_rate(step) for step in range(10)]
    after = 4 * np.array(factors(name, 8))
    np.testing.assert_allclose(rates, [after[0] / 2, after[0], *after])


@given(
    st.sampled_from(sorted(SCHEDULES.keys() - {"plateau"})), st.integers(0, 20), st.integers(1, 20), st.integers(0, 30)
)
def test_stays_in_bounds_whatever_the_step(name, step, total, warmup):
    learning_rate = LearningRate(make_schedule(name), 2, total, warmup)
    assert 0 <= learning_rate(step) <= 2
    end = warmup + max(total, warmup)
    assert learning_rate(end + 7) == learning_rate(end)


@given(st.integers(1, 50), st.floats(0, 1))
def test_one_cycle_ends_at_its_final_factor_or_at_its_peak(total, rise):
    assert factors("one_cycle", total, rise=rise)[-1] == pytest.approx(4e-6 if rise < 1 else 1)


def test_restarts_fill_the_training():
    rates = np.array(factors("cosine", 70, cycles=3, growth=2))
    np.testing.assert_array_equal(np.flatnonzero(rates == 1), [0, 10, 30])
    assert rates[-1] < 0.01


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([], 1),
        ([3, 2, 1], 1),
        ([1, 2, 2], 1),  # two bad epochs are borne
        ([1, 2, 2, 2], 0.5),
        ([1, 2, 2, 0.5, 1, 1], 1),  # a better one starts the count again
        ([1, 2, 2, 2, 2, 2], 0.5),
        ([1, 2, 2, 2, 2, 2, 2], 0.25),
        ([1] * 20, 0.2),
        ([1, 0.99999, 0.99998, 0.99997], 0.5),  # better by too little
        ([1, float("nan"), float("nan"), float("nan")], 0.5),
    ],
)
def test_plateau(losses, expected):
    options = {"patience": 2, "gamma": 0.5, "minimum": 0.2}
    schedule = make_schedule("plateau", **options)
    for loss in losses:
        schedule.observe(loss)
    assert schedule.factor(5, 9) == expected
    recipe = Recipe(epochs=10, learning_rate=3, schedule="plateau", schedule_options=options)
    history = [{"epoch": epoch, "val_loss": loss} for epoch, loss in enumerate(losses, start=1)]
    assert LearningRate.of(recipe, 4, history)(5) == 3 * expected


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("triangle", {}, "schedule is 'triangle', known are constant, linear, polynomial"),
        ("constant", {"gamma": 1}, "schedule constant has no option 'gamma'; it has none"),
        ("step", {"step_size": 3}, "schedule step has no option 'step_size'; it has drops, gamma"),
        ("step", {"drops": 0}, "schedule step: drops is 0, it should be a whole number at least 1"),
        ("step", {"drops": 1.5}, "drops is 1.5, it should be a whole number"),
        ("cosine", {"cycles": True}, "cycles is True"),
        ("cosine", {"growth": 0.5}, "growth is 0.5, it should be a finite number at least 1"),
        ("exponential", {"final": 0}, "final is 0, it should be a finite number above 0 and at most 1"),
        ("one_cycle", {"rise": 30}, "rise is 30, it should be a finite number at least 0 and at most 1"),
        ("plateau", {"gamma": 1}, "gamma is 1, it should be a finite number above 0 and below 1"),
    ],
)
def test_mistakes_are_named(name, options, message):
    with pytest.raises(InputError, match=message):
        make_schedule(name, **options)
