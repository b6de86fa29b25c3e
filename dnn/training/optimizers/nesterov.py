"""Nesterov's accelerated gradient descent."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.training.optimizers.base import State
from dnn.training.optimizers.momentum import Momentum


@dataclass
class Nesterov(Momentum):
    """v ← μ v + g; w ← w - η (g + μ v): momentum that looks one step ahead.

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", eq. 3-4, in the
    form of Bengio et al. 2012, "Advances in optimizing recurrent networks", eq. 6-7.
    """

    kind: ClassVar[str] = "nesterov"

    def update(self, w: Array, g: Array, learning_rate: float, state: State, scratch: Array, scratch2: Array) -> None:
        v = state["v"]
        v *= self.momentum
        v += g
        ahead = np.multiply(v, self.momentum, out=scratch)
        ahead += g
        w -= np.multiply(ahead, learning_rate, out=scratch)
