"""The rectified linear unit."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.layers.base import Layer


@dataclass
class ReLU(Layer):
    """Y = max(X, 0); dX = dY where Y > 0, else 0. The slope at 0 is taken as 0.

    Source: Glorot, Bordes & Bengio 2011, "Deep sparse rectifier neural networks".
    """

    kind: ClassVar[str] = "relu"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        def piece(_: int, x: Array, y: Array) -> None:
            np.maximum(x, zeros, out=y)

        zeros = self.buffer("zeros", X.shape[1:], X.dtype)  # np.maximum takes twice as long with the number 0
        zeros.fill(0)
        self.Y = self.buffer("Y", X.shape, X.dtype)
        self.threads.run(piece, X, self.Y)
        return self.Y

    def predict(self, X: Array) -> Array:
        return np.maximum(X, np.zeros((1, *X.shape[1:]), X.dtype))

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        def piece(_: int, y: Array, mask: Array, dy: Array, dx: Array) -> None:
            np.greater(y, 0, out=mask)
            np.multiply(dy, mask, out=dx)

        mask, dX = self.buffer("mask", dY.shape, np.bool_), self.buffer("dX", dY.shape, dY.dtype)
        self.threads.run(piece, self.Y, mask, dY, dX)
        return dX
