"""The schedule that leaves the learning rate as it is."""

from dataclasses import dataclass
from typing import ClassVar

from dnn.training.schedules.base import Schedule


@dataclass
class Constant(Schedule):
    """The factor 1 in every step."""

    kind: ClassVar[str] = "constant"

    def at(self, t: float) -> float:
        return 1.0
