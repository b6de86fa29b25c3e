"""The hyperbolic tangent."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.layers.base import Layer


@dataclass
class Tanh(Layer):
    """Y = tanh(X); dX = dY (1 - Y²)."""

    kind: ClassVar[str] = "tanh"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.Y = np.tanh(X, out=self.buffer("Y", X.shape, X.dtype))
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.square(self.Y, out=self.buffer("dX", dY.shape, dY.dtype))
        np.subtract(1, dX, out=dX)
        return np.multiply(dY, dX, out=dX)
