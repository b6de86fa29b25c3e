"""Adagrad: a learning rate for each parameter that falls with all the gradients it has had."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.training.optimizers.base import Optimizer, State


@dataclass
class Adagrad(Optimizer):
    """v ← v + g²; w ← w - η g / (√v + ε).

    Source: Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization",
    with the diagonal of the matrix.
    """

    kind: ClassVar[str] = "adagrad"
    slots: ClassVar[tuple[str, ...]] = ("v",)

    epsilon: float = option(1e-10, "ε, which keeps a gradient of 0 from being divided by 0", least=1e-30)

    def update(self, w: Array, g: Array, learning_rate: float, state: State, scratch: Array, scratch2: Array) -> None:
        v = state["v"]
        v += np.square(g, out=scratch)
        root = np.sqrt(v, out=scratch)
        root += self.epsilon
        step = np.divide(g, root, out=scratch)
        w -= np.multiply(step, learning_rate, out=scratch)
