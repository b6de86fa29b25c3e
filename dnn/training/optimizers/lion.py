"""Lion: every parameter moves by the learning rate, up or down."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.training.optimizers.base import Optimizer, State


@dataclass
class Lion(Optimizer):
    """w ← w - η sign(β₁ m + (1 - β₁) g); m ← β₂ m + (1 - β₂) g.

    Every parameter moves by η, so the learning rate should be 3 to 10 times smaller than Adam's.

    Source: Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.
    """

    kind: ClassVar[str] = "lion"
    slots: ClassVar[tuple[str, ...]] = ("m",)

    beta1: float = option(0.9, "β₁, the share of m in the direction of a step", least=0, below=1)
    beta2: float = option(0.99, "β₂, the share of the mean gradient m that a step keeps", least=0, below=1)

    def update(self, w: Array, g: Array, learning_rate: float, state: State, scratch: Array, scratch2: Array) -> None:
        m = state["m"]
        direction = np.multiply(m, self.beta1, out=scratch)
        direction += np.multiply(g, 1 - self.beta1, out=scratch2)
        sign = np.sign(direction, out=scratch2)  # in place it takes ten times as long
        w -= np.multiply(sign, learning_rate, out=scratch2)
        m *= self.beta2
        m += np.multiply(g, 1 - self.beta2, out=scratch)
