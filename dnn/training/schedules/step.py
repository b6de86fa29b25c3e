"""The schedule in steps: constant, but for drops that cut the training into equal parts."""

from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass
class Step(Schedule):
    """gamma^⌊t (drops + 1)⌋.

    Source: He et al. 2016, "Deep residual learning for image recognition", section 4.2, has two drops to a tenth.
    """

    kind: ClassVar[str] = "step"

    drops: int = option(2, "how often it drops", least=1)
    gamma: float = option(0.1, "the number that each drop multiplies by", above=0, most=1)

    def factor(self, step: int, total_steps: int) -> float:
        # t (drops + 1) as one division: rounding t first could miss the step of a drop
        return self.gamma ** min(step * (self.drops + 1) // total_steps, self.drops)
