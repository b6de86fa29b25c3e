"""Learning-rate schedules: pure functions from the step to a factor of the base learning rate.

What a schedule does lies at fractions of the training, so it stays as it is when the number of epochs changes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dnn.base.options import make
from dnn.training.schedules.base import Schedule
from dnn.training.schedules.falling import Constant, Exponential, Linear, Polynomial, Step
from dnn.training.schedules.plateau import Plateau, reduce_on_plateau
from dnn.training.schedules.waves import Cosine, OneCycle

SCHEDULES: dict[str, type[Schedule]] = {
    cls.kind: cls for cls in (Constant, Linear, Polynomial, Exponential, Step, Cosine, OneCycle, Plateau)
}


def make_schedule(name: str, **options: Any) -> Schedule:
    """The schedule of that name, one of `SCHEDULES`.

    Raises:
        InputError: the name or an option is unknown, or a value is out of its range.
    """
    return make("schedule", SCHEDULES, name, options)


def learning_rate_at(
    schedule: str | Schedule,
    base: float,
    step: int,
    total_steps: int,
    warmup_steps: int = 0,
    options: Mapping[str, Any] | None = None,
    losses: Sequence[float] = (),
) -> float:
    """The learning rate of a step.

    Args:
        schedule: one of `SCHEDULES`, or what `make_schedule` made.
        base: the highest learning rate.
        step: number of steps done before this one, at least 0.
        total_steps: number of steps in the whole training.
        warmup_steps: the first steps, in which the rate climbs in a straight line to where the schedule starts. The
            schedule has the steps that are left.
        options: of a schedule that is given by its name.
        losses: validation loss of every epoch done, for the schedule `plateau`.

    Source of the warm-up: Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.2.
    """
    if isinstance(schedule, str):
        schedule = make_schedule(schedule, **(options or {}))
    after = max(step - warmup_steps, 0)
    climb = (step + 1) / warmup_steps if step < warmup_steps else 1.0
    return base * climb * schedule.factor(after, max(total_steps - warmup_steps, 1), losses)


__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "Exponential",
    "Linear",
    "OneCycle",
    "Plateau",
    "Polynomial",
    "Schedule",
    "Step",
    "learning_rate_at",
    "make_schedule",
    "reduce_on_plateau",
]
