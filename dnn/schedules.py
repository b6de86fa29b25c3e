"""Learning-rate schedules: pure functions from the step to a factor of the base learning rate."""

import math
from collections.abc import Callable

from dnn.errors import InputError

# Each takes t, the fraction of the training that is done, in [0, 1).
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda t: 1.0,
    # Loshchilov & Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", eq. 5, one cycle down to 0
    "cosine": lambda t: (1 + math.cos(math.pi * t)) / 2,
    "linear": lambda t: 1 - t,
}


def learning_rate_at(name: str, base: float, step: int, total_steps: int, warmup_steps: int = 0) -> float:
    """The learning rate of a step.

    Args:
        name: one of `SCHEDULES`.
        base: the highest learning rate.
        step: number of steps done before this one, at least 0.
        total_steps: number of steps in the whole training.
        warmup_steps: the first steps, in which the rate climbs in a straight line from base / warmup_steps to base.
    """
    if name not in SCHEDULES:
        raise InputError(f"schedule is {name!r}, known are {', '.join(SCHEDULES)}")
    if step < warmup_steps:
        return base * (step + 1) / warmup_steps
    return base * SCHEDULES[name]((step - warmup_steps) / max(total_steps - warmup_steps, 1))
