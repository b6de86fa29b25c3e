"""The logistic sigmoid."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.layers.base import Layer


@dataclass
class Sigmoid(Layer):
    """Y = 1 / (1 + exp(-X)); dX = dY Y (1 - Y)."""

    kind: ClassVar[str] = "sigmoid"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.Y = logistic(X, out=self.buffer("Y", X.shape, X.dtype))
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.subtract(1, self.Y, out=self.buffer("dX", dY.shape, dY.dtype))
        np.multiply(dX, self.Y, out=dX)
        return np.multiply(dY, dX, out=dX)


def logistic(X: Array, out: Array) -> Array:
    """1 / (1 + exp(-X)) = (1 + tanh(X / 2)) / 2, which cannot overflow."""
    np.multiply(X, 0.5, out=out)
    np.tanh(out, out=out)
    np.add(out, 1, out=out)
    return np.multiply(out, 0.5, out=out)
