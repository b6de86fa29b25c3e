"""Gradient descent with momentum."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.training.optimizers.base import Optimizer, State


@dataclass
class Momentum(Optimizer):
    """v ← μ v + g; w ← w - η v.

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", eq. 1-2, with
    the learning rate outside of v, so that a schedule acts at once.
    """

    kind: ClassVar[str] = "momentum"
    slots: ClassVar[tuple[str, ...]] = ("v",)

    momentum: float = option(0.9, "μ, the share of the velocity v that a step keeps", least=0, below=1)

    def update(self, w: Array, g: Array, learning_rate: float, state: State, scratch: Array, scratch2: Array) -> None:
        v = state["v"]
        v *= self.momentum
        v += g
        w -= np.multiply(v, learning_rate, out=scratch)
