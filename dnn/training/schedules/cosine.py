"""Schedules along the cosine."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass(frozen=True)
class Cosine(Schedule):
    """final + (1 - final) (1 + cos(π c)) / 2, with c the fraction of the present cycle that is done.

    Args:
        cycles: how often it goes down, at least 1; all but the first are warm restarts.
        growth: how much longer a cycle is than the one before, at least 1.
        final: the factor it goes down to, in [0, 1].

    Source: Loshchilov & Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", eq. 5.
    """

    kind: ClassVar[str] = "cosine"

    cycles: int = option(1, least=1)
    growth: float = option(1.0, least=1)
    final: float = option(0.0, least=0, most=1)

    def factor(self, step: int, total_steps: int, losses: Sequence[float] = ()) -> float:
        lengths = [self.growth**cycle for cycle in range(int(self.cycles))]
        done = min(step, total_steps) * sum(lengths) / total_steps
        while len(lengths) > 1 and done >= lengths[0]:
            done -= lengths.pop(0)
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * done / lengths[0])) / 2


@dataclass(frozen=True)
class OneCycle(Schedule):
    """From `start` up to 1, then down to `final` at the last step, each on half a cosine wave.

    Args:
        rise: the fraction of the training that goes up, in [0, 1].
        start, final: factors, in [0, 1].

    Source: Smith & Topin 2018, "Super-convergence: very fast training of neural networks using large learning rates",
    with the cosines, the peak one step early and the defaults of PyTorch's OneCycleLR.
    """

    kind: ClassVar[str] = "one_cycle"

    rise: float = option(0.3, least=0, most=1)
    start: float = option(0.04, least=0, most=1)
    final: float = option(4e-6, least=0, most=1)

    def factor(self, step: int, total_steps: int, losses: Sequence[float] = ()) -> float:
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
