"""RMSprop: each parameter's step divided by the recent size of its gradients."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.training.optimizers.base import Optimizer, State


@dataclass
class RMSprop(Optimizer):
    """v ← ρ v + (1 - ρ) g²; w ← w - η g / (√v + ε).

    Source: Tieleman & Hinton 2012, "Neural networks for machine learning", lecture 6e.
    """

    kind: ClassVar[str] = "rmsprop"
    slots: ClassVar[tuple[str, ...]] = ("v",)

    rho: float = option(0.9, "ρ, the share of the mean square v that a step keeps", least=0, below=1)
    epsilon: float = option(1e-8, "ε, which keeps a gradient of 0 from being divided by 0", least=1e-30)

    def update(self, w: Array, g: Array, learning_rate: float, state: State, scratch: Array, scratch2: Array) -> None:
        v = state["v"]
        v *= self.rho
        v += np.multiply(np.square(g, out=scratch), 1 - self.rho, out=scratch)
        root = np.sqrt(v, out=scratch)
        root += self.epsilon
        step = np.divide(g, root, out=scratch)
        w -= np.multiply(step, learning_rate, out=scratch)
