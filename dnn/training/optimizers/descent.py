"""Optimizers with one learning rate for all parameters."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.training.optimizers.base import Optimizer


@dataclass
class SGD(Optimizer):
    """w ← w - η g.

    Source: Robbins & Monro 1951, "A stochastic approximation method".
    """

    kind: ClassVar[str] = "sgd"

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        np.multiply(g, learning_rate, out=t)
        np.subtract(w, t, out=w)


@dataclass
class Momentum(Optimizer):
    """v ← μ v + g; w ← w - η v.

    Args:
        momentum: μ in [0, 1).

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", eq. 1-2, with
    the learning rate outside of v, so that a schedule acts at once.
    """

    kind: ClassVar[str] = "momentum"
    slots: ClassVar[tuple[str, ...]] = ("v",)

    momentum: float = option(0.9, least=0, below=1)

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        (v,) = slots
        np.multiply(v, self.momentum, out=v)
        np.add(v, g, out=v)
        np.multiply(v, learning_rate, out=t)
        np.subtract(w, t, out=w)


@dataclass
class Nesterov(Momentum):
    """v ← μ v + g; w ← w - η (g + μ v): momentum that looks one step ahead.

    Source: Sutskever et al. 2013, eq. 3-4, in the form of Bengio et al. 2012, "Advances in optimizing recurrent
    networks", eq. 6-7.
    """

    kind: ClassVar[str] = "nesterov"

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        (v,) = slots
        np.multiply(v, self.momentum, out=v)
        np.add(v, g, out=v)
        np.multiply(v, self.momentum, out=t)
        np.add(t, g, out=t)
        np.multiply(t, learning_rate, out=t)
        np.subtract(w, t, out=w)


@dataclass
class Lion(Optimizer):
    """w ← w - η sign(β₁ m + (1 - β₁) g); m ← β₂ m + (1 - β₂) g.

    Every parameter moves by η, so the learning rate should be 3 to 10 times smaller than Adam's. The state holds
    m / (1 - β₂), which saves a pass over memory and leaves the sign as it is.

    Args:
        beta1, beta2: in [0, 1).

    Source: Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.
    """

    kind: ClassVar[str] = "lion"
    slots: ClassVar[tuple[str, ...]] = ("m",)
    scratch: ClassVar[tuple[str, ...]] = ("t", "u")

    beta1: float = option(0.9, least=0, below=1)
    beta2: float = option(0.99, least=0, below=1)

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        u, m = slots
        np.multiply(m, self.beta1 * (1 - self.beta2) / (1 - self.beta1), out=t)
        np.add(t, g, out=t)
        np.sign(t, out=u)  # in place it takes ten times as long
        np.multiply(u, learning_rate, out=u)
        np.subtract(w, u, out=w)
        np.multiply(m, self.beta2, out=m)
        np.add(m, g, out=m)
