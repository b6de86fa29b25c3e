"""Optimizers that give each parameter a learning rate of its own, from the size of its gradients so far.

Moving averages are held without their factor 1 - β: it moves into the learning rate and ε, which saves passes over
memory. What is written v below is (1 - β) times the vector v in the state.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.training.optimizers.base import Optimizer


@dataclass
class Adagrad(Optimizer):
    """v ← v + g²; w ← w - η g / (√v + ε).

    Args:
        epsilon: above 0.

    Source: Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization",
    with the diagonal of the matrix.
    """

    kind: ClassVar[str] = "adagrad"
    slots: ClassVar[tuple[str, ...]] = ("v",)

    epsilon: float = option(1e-10, above=0)

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        (v,) = slots
        np.square(g, out=t)
        np.add(v, t, out=v)
        np.sqrt(v, out=t)
        np.add(t, self.epsilon, out=t)
        np.divide(g, t, out=t)
        np.multiply(t, learning_rate, out=t)
        np.subtract(w, t, out=w)


@dataclass
class RMSprop(Optimizer):
    """v ← ρ v + (1 - ρ) g²; w ← w - η g / (√v + ε).

    Args:
        rho: in [0, 1).
        epsilon: above 0.

    Source: Tieleman & Hinton 2012, "Neural networks for machine learning", lecture 6e.
    """

    kind: ClassVar[str] = "rmsprop"
    slots: ClassVar[tuple[str, ...]] = ("v",)

    rho: float = option(0.9, least=0, below=1)
    epsilon: float = option(1e-8, above=0)

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        (v,) = slots
        scale = (1 - self.rho) ** 0.5
        np.multiply(v, self.rho, out=v)
        np.square(g, out=t)
        np.add(v, t, out=v)
        np.sqrt(v, out=t)
        np.add(t, self.epsilon / scale, out=t)
        np.divide(g, t, out=t)
        np.multiply(t, learning_rate / scale, out=t)
        np.subtract(w, t, out=w)


@dataclass
class Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; w ← w - η m̂ / (√v̂ + ε), with m̂ = m / (1 - β₁ᵗ) and v̂ = v /
    (1 - β₂ᵗ).

    Args:
        beta1, beta2: in [0, 1).
        epsilon: above 0.

    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.
    """

    kind: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    beta1: float = option(0.9, least=0, below=1)
    beta2: float = option(0.999, least=0, below=1)
    epsilon: float = option(1e-8, above=0)

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        m, v = slots
        m_scale = (1 - self.beta1) / (1 - self.beta1**self.steps)
        v_scale = ((1 - self.beta2) / (1 - self.beta2**self.steps)) ** 0.5
        np.multiply(m, self.beta1, out=m)
        np.add(m, g, out=m)
        np.multiply(v, self.beta2, out=v)
        np.square(g, out=t)
        np.add(v, t, out=v)
        np.sqrt(v, out=t)
        np.add(t, self.epsilon / v_scale, out=t)
        np.divide(m, t, out=t)
        np.multiply(t, learning_rate * m_scale / v_scale, out=t)
        np.subtract(w, t, out=w)


@dataclass
class AdamW(Adam):
    """Adam, under the name that people look for.

    What makes it AdamW is weight decay that does not pass through the gradient. Here that is the trainer's
    `weight_decay` (`dnn.training.regularizers.decay`), which every optimizer can have and which spares biases.

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    kind: ClassVar[str] = "adamw"


@dataclass
class NAdam(Adam):
    """Adam with Nesterov's look ahead: m and v as in Adam, and

    w ← w - η (μₜ₊₁ m / (1 - μ₁ ⋯ μₜ₊₁) + (1 - μₜ) g / (1 - μ₁ ⋯ μₜ)) / (√v̂ + ε), with μₜ = β₁ (1 - ½ 0.96^(t ψ)).

    Args:
        momentum_decay: ψ, at least 0; how fast μ climbs from β₁ / 2 to β₁.

    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam", algorithm 2 and the schedule of its experiments.
    """

    kind: ClassVar[str] = "nadam"
    scratch: ClassVar[tuple[str, ...]] = ("t", "u")

    momentum_decay: float = option(0.004, least=0)
    _known: tuple[int, float] = field(init=False, repr=False, default=(0, 1.0))

    def momentum(self, step: int) -> float:
        """μ of a step, counted from 1."""
        return self.beta1 * (1 - 0.96 ** (step * self.momentum_decay) / 2)

    def product(self) -> float:
        """μ₁ ⋯ μₜ of the steps t so far, from that of the last call."""
        step, product = self._known if self._known[0] <= self.steps else (0, 1.0)
        for number in range(step + 1, self.steps + 1):
            product *= self.momentum(number)
        self._known = self.steps, product
        return product

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        u, m, v = slots
        ahead = self.momentum(self.steps + 1)
        product = self.product()
        m_scale = (1 - self.beta1) * ahead / (1 - product * ahead)
        g_scale = (1 - self.momentum(self.steps)) / (1 - product)
        v_scale = ((1 - self.beta2) / (1 - self.beta2**self.steps)) ** 0.5
        np.multiply(m, self.beta1, out=m)
        np.add(m, g, out=m)
        np.multiply(v, self.beta2, out=v)
        np.square(g, out=t)
        np.add(v, t, out=v)
        np.multiply(m, learning_rate * m_scale / v_scale, out=t)
        np.multiply(g, learning_rate * g_scale / v_scale, out=u)
        np.add(t, u, out=t)
        np.sqrt(v, out=u)
        np.add(u, self.epsilon / v_scale, out=u)
        np.divide(t, u, out=t)
        np.subtract(w, t, out=w)
