"""The schedule along a power of what is left of the training."""

from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass
class Polynomial(Schedule):
    """final + (1 - final) (1 - t)^power.

    Source: Liu, Rabinovich & Berg 2015, "ParseNet: looking wider to see better", the policy "poly".
    """

    kind: ClassVar[str] = "polynomial"

    power: float = option(2.0, "the exponent; 1 is a straight line", above=0)
    final: float = option(0.0, "the factor at the end", least=0, most=1)

    def at(self, t: float) -> float:
        return self.final + (1 - self.final) * (1 - t) ** self.power
