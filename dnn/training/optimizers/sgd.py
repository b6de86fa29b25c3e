"""Stochastic gradient descent."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.training.optimizers.base import Optimizer, State


@dataclass
class SGD(Optimizer):
    """w ← w - η g.

    Source: Robbins & Monro 1951, "A stochastic approximation method".
    """

    kind: ClassVar[str] = "sgd"

    def update(self, w: Array, g: Array, learning_rate: float, state: State, scratch: Array, scratch2: Array) -> None:
        w -= np.multiply(g, learning_rate, out=scratch)
