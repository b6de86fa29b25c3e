"""The schedule in which every step multiplies by the same number."""

from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass
class Exponential(Schedule):
    """final^t.

    Source: Senior et al. 2013, "An empirical study of learning rates in deep neural networks for speech recognition".
    """

    kind: ClassVar[str] = "exponential"

    final: float = option(0.01, "the factor at the end", above=0, most=1)

    def at(self, t: float) -> float:
        return self.final**t
