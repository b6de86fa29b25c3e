"""The schedule that looks at how training goes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass(frozen=True)
class Plateau(Schedule):
    """See `reduce_on_plateau`; 1 as long as there are no validation losses.

    Args:
        patience: epochs without a better loss that it bears, at least 0.
        gamma: what each drop multiplies by, in (0, 1).
        minimum: the factor it does not go below, in [0, 1].
        threshold: how much better, as a fraction of the best loss, counts as better, in [0, 1).
    """

    kind: ClassVar[str] = "plateau"

    patience: int = option(10, least=0)
    gamma: float = option(0.1, above=0, below=1)
    minimum: float = option(0.0, least=0, most=1)
    threshold: float = option(1e-4, least=0, below=1)

    def factor(self, step: int, total_steps: int, losses: Sequence[float] = ()) -> float:
        return reduce_on_plateau(losses, self.patience, self.gamma, self.minimum, self.threshold)


def reduce_on_plateau(
    losses: Sequence[float],
    patience: int = 10,
    gamma: float = 0.1,
    minimum: float = 0.0,
    threshold: float = 1e-4,
) -> float:
    """gamma^n, but at least `minimum`: n times so far, more than `patience` epochs in a row brought no loss below
    (1 - threshold) times the best one.

    Source: Senior et al. 2013, "performance scheduling"; counted as PyTorch's ReduceLROnPlateau does.
    """
    factor, best, bad = 1.0, math.inf, 0
    for loss in losses:
        if loss < best * (1 - threshold):
            best, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            factor, bad = max(gamma * factor, minimum), 0
    return factor
