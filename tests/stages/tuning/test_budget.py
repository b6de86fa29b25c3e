"""The rungs of a search, and what there is still time for."""

from dataclasses import replace

import pytest

from stages.tuning.budget import Clock, Plan, Pruner

PLAN = Plan(
    trials=14, minutes=10, epochs=4, shortest=1, generation=4, pruner=Pruner.HALVING, seed=0, training_seed=0
)  # fmt: skip


@pytest.mark.parametrize(
    ("shortest", "epochs", "rungs"),
    [(5, 45, (5, 15, 45)), (5, 30, (5, 15, 30)), (5, 29, (5, 29)), (3, 50, (3, 9, 50)), (5, 4, (4,))],
)
def test_rungs(shortest, epochs, rungs):
    assert replace(PLAN, shortest=shortest).rungs(epochs) == rungs


def test_the_clock_lets_begin_what_can_end():
    clock = Clock(minutes=1)
    assert clock.for_new(PLAN)
    assert clock.affordable([10, 30, 10]) == [True, True, True]  # nothing is known of the pace yet
    clock.measure(epochs=100, training=200, elapsed=100)  # two workers, two seconds an epoch
    assert clock.affordable([10, 30, 10]) == [True, False, True]  # thirty epochs take just the minute
    assert clock.for_new(replace(PLAN, epochs=29, generation=4, shortest=4))
    assert not clock.for_new(replace(PLAN, epochs=30))
    assert not clock.for_new(replace(PLAN, epochs=27, shortest=3, generation=7))  # 7 * 3 epochs at each of 3 rungs
