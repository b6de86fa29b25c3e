"""The schedule that rises first and then falls, each on half a cosine wave."""

import math
from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass
class OneCycle(Schedule):
    """From `start` up to 1, then down to `final` at the last step.

    Source: Smith & Topin 2018, "Super-convergence: very fast training of neural networks using large learning rates",
    with the cosines, the peak one step early and the defaults of PyTorch's OneCycleLR.
    """

    kind: ClassVar[str] = "one_cycle"

    rise: float = option(0.3, "the fraction of the training that goes up", least=0, most=1)
    start: float = option(0.04, "the factor of the first step", least=0, most=1)
    final: float = option(4e-6, "the factor of the last step", least=0, most=1)

    def factor(self, step: int, total_steps: int) -> float:
        peak, last = self.rise * total_steps - 1, total_steps - 1
        step = min(step, last)
        begin, end, t = 1.0, self.final, 1.0
        if step < peak:
            begin, end, t = self.start, 1.0, step / peak
        elif last > peak:
            t = (step - peak) / (last - peak)
        else:
            end = 1.0  # it rises to the end
        return end + (begin - end) * (1 + math.cos(math.pi * t)) / 2
