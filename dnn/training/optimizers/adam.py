"""Adam: momentum, and each parameter's step divided by the recent size of its gradients."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.training.optimizers.base import Optimizer, State


@dataclass
class Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; w ← w - η m̂ / (√v̂ + ε), with m̂ = m / (1 - β₁ᵗ) and v̂ = v /
    (1 - β₂ᵗ) in step t, which make up for the start of m and v at 0.

    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.
    """

    kind: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    beta1: float = option(0.9, "β₁, decay rate of the first moment m, the mean gradient", least=0, below=1)
    beta2: float = option(0.999, "β₂, decay rate of the second moment v, the mean square", least=0, below=1)
    epsilon: float = option(1e-8, "ε, which keeps a gradient of 0 from being divided by 0", least=1e-30)

    def moments(self, g: Array, state: State, scratch: Array) -> tuple[Array, Array]:
        """Update m and v, the first and second moments, with g."""
        m, v = state["m"], state["v"]
        m *= self.beta1
        m += np.multiply(g, 1 - self.beta1, out=scratch)
        v *= self.beta2
        v += np.multiply(np.square(g, out=scratch), 1 - self.beta2, out=scratch)
        return m, v

    def update(self, w: Array, g: Array, learning_rate: float, state: State, scratch: Array, scratch2: Array) -> None:
        m, v = self.moments(g, state, scratch)
        v_hat = np.multiply(v, 1 / (1 - self.beta2**self.steps), out=scratch)
        root = np.sqrt(v_hat, out=scratch)
        root += self.epsilon
        step = np.divide(m, root, out=scratch)
        # m_hat = m / (1 - β₁ᵗ) is never made: its factor goes with the learning rate, which saves a pass over memory
        w -= np.multiply(step, learning_rate / (1 - self.beta1**self.steps), out=scratch)
