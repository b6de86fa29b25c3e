"""Schedules that never rise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass(frozen=True)
class Constant(Schedule):
    """1."""

    kind: ClassVar[str] = "constant"

    def at(self, t: float) -> float:
        return 1.0


@dataclass(frozen=True)
class Linear(Schedule):
    """1 - (1 - final) t.

    Args:
        final: the factor it goes down to, in [0, 1].
    """

    kind: ClassVar[str] = "linear"

    final: float = option(0.0, least=0, most=1)

    def at(self, t: float) -> float:
        return 1 - (1 - self.final) * t


@dataclass(frozen=True)
class Polynomial(Schedule):
    """final + (1 - final) (1 - t)^power.

    Source: Liu, Rabinovich & Berg 2015, "ParseNet: looking wider to see better", the policy "poly".
    """

    kind: ClassVar[str] = "polynomial"

    power: float = option(2.0, above=0)
    final: float = option(0.0, least=0, most=1)

    def at(self, t: float) -> float:
        return self.final + (1 - self.final) * (1 - t) ** self.power


@dataclass(frozen=True)
class Exponential(Schedule):
    """final^t: every step multiplies by the same number.

    Source: Senior et al. 2013, "An empirical study of learning rates in deep neural networks for speech recognition".
    """

    kind: ClassVar[str] = "exponential"

    final: float = option(0.01, above=0, most=1)

    def at(self, t: float) -> float:
        return self.final**t


@dataclass(frozen=True)
class Step(Schedule):
    """gamma^⌊t (drops + 1)⌋: constant, but for drops that cut the training into equal parts.

    Args:
        drops: how often it drops, at least 1.
        gamma: what each drop multiplies by, in (0, 1].

    Source: He et al. 2016, "Deep residual learning for image recognition", section 4.2, has two drops to a tenth.
    """

    kind: ClassVar[str] = "step"

    drops: int = option(2, least=1)
    gamma: float = option(0.1, above=0, most=1)

    def factor(self, step: int, total_steps: int, losses: Sequence[float] = ()) -> float:
        # t (drops + 1) as one division: rounding t first could miss the step of a drop
        return self.gamma ** min(step * (self.drops + 1) // total_steps, self.drops)
