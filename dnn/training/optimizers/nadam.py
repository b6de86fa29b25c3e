"""NAdam: Adam with Nesterov's look ahead."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.training.optimizers.adam import Adam
from dnn.training.optimizers.base import State


@dataclass
class NAdam(Adam):
    """m, v and v̂ as in Adam, w ← w - η m̂ / (√v̂ + ε), with m̂ = μₜ₊₁ m / (1 - μ₁ ⋯ μₜ₊₁) + (1 - μₜ) g / (1 - μ₁ ⋯ μₜ) and
    μₜ = β₁ (1 - ½ 0.96^(t ψ)).

    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam", algorithm 2 and the schedule of its experiments.
    """

    kind: ClassVar[str] = "nadam"
    counters: ClassVar[tuple[str, ...]] = ("steps", "product")

    momentum_decay: float = option(0.004, "ψ, how fast μ climbs from β₁ / 2 to β₁", least=0)
    product: float = field(init=False, repr=False, default=1.0)  # μ₁ ⋯ μₜ of the steps so far

    def momentum(self, step: int) -> float:
        """μ of a step, counted from 1."""
        return self.beta1 * (1 - 0.96 ** (step * self.momentum_decay) / 2)

    def count(self) -> None:
        super().count()
        self.product *= self.momentum(self.steps)

    def update(self, w: Array, g: Array, learning_rate: float, state: State, scratch: Array, scratch2: Array) -> None:
        m, v = self.moments(g, state, scratch)
        now, ahead = self.momentum(self.steps), self.momentum(self.steps + 1)
        m_hat = np.multiply(m, ahead / (1 - self.product * ahead), out=scratch)
        m_hat += np.multiply(g, (1 - now) / (1 - self.product), out=scratch2)
        v_hat = np.multiply(v, 1 / (1 - self.beta2**self.steps), out=scratch2)
        root = np.sqrt(v_hat, out=scratch2)
        root += self.epsilon
        step = np.divide(m_hat, root, out=scratch)
        w -= np.multiply(step, learning_rate, out=scratch)
