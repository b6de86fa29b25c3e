"""The schedule that drops where training no longer gets better."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from dnn.base.options import option
from dnn.training.schedules.base import Schedule


@dataclass
class Plateau(Schedule):
    """gammaⁿ, but at least `minimum`: n times so far, more than `patience` epochs in a row brought no validation loss
    below (1 - threshold) times the best one.

    It is the same whether the losses come while training goes on or, in a resumed training, all at the start.

    Source: Senior et al. 2013, "An empirical study of learning rates in deep neural networks for speech recognition",
    "performance scheduling"; counted as PyTorch's ReduceLROnPlateau does.
    """

    kind: ClassVar[str] = "plateau"

    patience: int = option(10, "epochs without a better loss that it bears", least=0)
    gamma: float = option(0.1, "the number that each drop multiplies by", above=0, below=1)
    minimum: float = option(0.0, "the factor it does not go below", least=0, most=1)
    threshold: float = option(1e-4, "fraction of the best loss that a better one is below it", least=0, below=1)
    _factor: float = field(init=False, repr=False, default=1.0)
    _best: float = field(init=False, repr=False, default=math.inf)
    _bad_epochs: int = field(init=False, repr=False, default=0)  # in a row

    def observe(self, loss: float) -> None:
        if loss < self._best * (1 - self.threshold):
            self._best, self._bad_epochs = loss, 0
        else:
            self._bad_epochs += 1
        if self._bad_epochs > self.patience:
            self._factor, self._bad_epochs = max(self.gamma * self._factor, self.minimum), 0

    def factor(self, step: int, total_steps: int) -> float:
        return self._factor
