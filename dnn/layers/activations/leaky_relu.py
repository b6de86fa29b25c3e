"""The rectified linear unit with a slope below zero."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.layers.base import Layer


@dataclass
class LeakyReLU(Layer):
    """Y = max(X, s X); dX = dY where X > 0, else s dY.

    Source: Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural network acoustic models", eq. 2.
    """

    kind: ClassVar[str] = "leaky_relu"

    slope: float = option(0.01, "s, the slope below 0", least=0, below=1)

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.X = X
        Y = np.multiply(X, self.slope, out=self.buffer("Y", X.shape, X.dtype))
        return np.maximum(X, Y, out=Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.greater(self.X, 0, out=self.buffer("dX", dY.shape, dY.dtype), casting="unsafe")  # 1 or 0
        np.multiply(dX, 1 - self.slope, out=dX)
        np.add(dX, self.slope, out=dX)  # 1 or s
        return np.multiply(dY, dX, out=dX)
