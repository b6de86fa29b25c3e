"""Optimizers: from a gradient and a learning rate to a step of the flat parameter vector."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from dnn.errors import InputError
from dnn.types import Array

CHUNK = 16384  # elements updated at a time, so that one chunk of every vector stays in the second-level cache


@dataclass
class Optimizer:
    """Keeps its vectors (momentum and the like) between steps; `state` and `steps` are all that resuming needs."""

    kind: ClassVar[str]
    slots: ClassVar[
        tuple[str, ...]
    ] = ()  # names of the vectors it keeps, each as long as the parameters, starting at 0

    steps: int = field(init=False, default=0)
    state: dict[str, Array] = field(init=False, repr=False, default_factory=dict)

    def step(
        self, params: Array, grads: Array, learning_rate: float, segments: Sequence[tuple[slice, float]] | None = None
    ) -> None:
        """Change `params` in place.

        Args:
            params: (size,) vector.
            grads: (size,) gradient of the loss; left as it is.
            learning_rate: at least 0.
            segments: the parts to change, each with its factor for the learning rate; None means all of it.
        """
        if not self.state:
            self.state = {name: np.zeros_like(params) for name in (*self.slots, "scratch")}
            self.state["scratch"] = self.state["scratch"][:CHUNK]
        self.steps += 1
        for part, factor in segments or [(slice(0, len(params)), 1.0)]:
            for start in range(part.start, part.stop, CHUNK):
                chunk = slice(start, min(start + CHUNK, part.stop))
                slots = [self.state[name][chunk] for name in self.slots]
                w = params[chunk]
                self.update(w, grads[chunk], factor * learning_rate, self.state["scratch"][: len(w)], *slots)

    def update(self, w: Array, g: Array, learning_rate: float, t: Array, *slots: Array) -> None:
        """One chunk of the step: w and the slots change in place, t is scratch."""
        raise NotImplementedError


@dataclass
class SGD(Optimizer):
    """w ← w - η g."""

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

    momentum: float = 0.9

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
class Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; w ← w - η m̂ / (√v̂ + ε), with m̂ = m / (1 - β₁ᵗ) and v̂ = v /
    (1 - β₂ᵗ).

    The state holds m / (1 - β₁) and v / (1 - β₂): the constants move into the learning rate and ε, which saves passes
    over memory.

    Args:
        beta1, beta2: in [0, 1).
        epsilon: above 0.

    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.
    """

    kind: ClassVar[str] = "adam"
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

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


OPTIMIZERS: dict[str, type[Optimizer]] = {cls.kind: cls for cls in (SGD, Momentum, Nesterov, Adam)}


def make_optimizer(name: str, **options: float) -> Optimizer:
    """The optimizer of that name; options that it does not have raise InputError, as does an unknown name."""
    if name not in OPTIMIZERS:
        raise InputError(f"optimizer is {name!r}, known are {', '.join(OPTIMIZERS)}")
    try:
        return OPTIMIZERS[name](**options)
    except TypeError as error:
        raise InputError(f"optimizer {name}: {error}") from None
