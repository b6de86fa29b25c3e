"""The schedule along a straight line."""

from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass
class Linear(Schedule):
    """1 - (1 - final) t."""

    kind: ClassVar[str] = "linear"

    final: float = option(0.0, "the factor at the end", least=0, most=1)

    def at(self, t: float) -> float:
        return 1 - (1 - self.final) * t
