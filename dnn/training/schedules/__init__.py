"""Learning-rate schedules, one a file: from the step to a factor of the base learning rate."""

from typing import Any

from dnn.base.options import make
from dnn.training.schedules.base import Schedule
from dnn.training.schedules.constant import Constant
from dnn.training.schedules.cosine import Cosine
from dnn.training.schedules.exponential import Exponential
from dnn.training.schedules.linear import Linear
from dnn.training.schedules.one_cycle import OneCycle
from dnn.training.schedules.plateau import Plateau
from dnn.training.schedules.polynomial import Polynomial
from dnn.training.schedules.step import Step

SCHEDULES: dict[str, type[Schedule]] = {
    cls.kind: cls for cls in (Constant, Linear, Polynomial, Exponential, Step, Cosine, OneCycle, Plateau)
}


def make_schedule(name: str, /, **options: Any) -> Schedule:
    """The schedule of that name, one of `SCHEDULES`; raises InputError as `make`, which checks name and options."""
    return make("schedule", SCHEDULES, name, options)
