"""The sigmoid linear unit."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.layers.activations.sigmoid import logistic
from dnn.layers.base import Layer


@dataclass
class SiLU(Layer):
    """Y = X s with s = 1 / (1 + exp(-X)); dX = dY (s + Y (1 - s)). Also known as Swish.

    Source: Elfwing, Uchibe & Doya 2018, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", eq. 6 and 8; Ramachandran, Zoph & Le 2017, "Searching for activation functions".
    """

    kind: ClassVar[str] = "silu"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.s = logistic(X, out=self.buffer("s", X.shape, X.dtype))
        self.Y = np.multiply(X, self.s, out=self.buffer("Y", X.shape, X.dtype))
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.subtract(1, self.s, out=self.buffer("dX", dY.shape, dY.dtype))
        np.multiply(dX, self.Y, out=dX)
        np.add(dX, self.s, out=dX)
        return np.multiply(dY, dX, out=dX)
