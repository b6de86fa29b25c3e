"""The schedule along half a cosine wave, with warm restarts or without."""

import math
from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass
class Cosine(Schedule):
    """final + (1 - final) (1 + cos(π c)) / 2, with c the fraction of the present cycle that is done.

    Source: Loshchilov & Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", eq. 5.
    """

    kind: ClassVar[str] = "cosine"

    cycles: int = option(1, "how often it goes down; all cycles but the first are warm restarts", least=1, most=100)
    growth: float = option(1.0, "how many times as long as the one before a cycle is", least=1, most=100)
    final: float = option(0.0, "the factor it goes down to", least=0, most=1)

    def factor(self, step: int, total_steps: int) -> float:
        lengths = [self.growth**cycle for cycle in range(self.cycles)]
        done = min(step, total_steps) * sum(lengths) / total_steps
        while len(lengths) > 1 and done >= lengths[0]:
            done -= lengths.pop(0)
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * done / lengths[0])) / 2
