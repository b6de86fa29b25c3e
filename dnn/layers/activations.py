"""Activation functions: each element on its own, no parameters."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.layers.base import Layer
from dnn.types import Array


@dataclass
class ReLU(Layer):
    """Y = max(X, 0); dX = dY where Y > 0, else 0. The slope at 0 is taken as 0.

    Source: Glorot, Bordes & Bengio 2011, "Deep sparse rectifier neural networks".
    """

    kind: ClassVar[str] = "relu"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.Y = np.maximum(X, 0, out=self.buffer("Y", X.shape, X.dtype))
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        mask = np.greater(self.Y, 0, out=self.buffer("mask", dY.shape, np.bool_))
        return np.multiply(dY, mask, out=self.buffer("dX", dY.shape, dY.dtype))


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


@dataclass
class Sigmoid(Layer):
    """Y = 1 / (1 + exp(-X)) = (1 + tanh(X / 2)) / 2, which cannot overflow; dX = dY Y (1 - Y)."""

    kind: ClassVar[str] = "sigmoid"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        Y = np.multiply(X, 0.5, out=self.buffer("Y", X.shape, X.dtype))
        np.tanh(Y, out=Y)
        np.add(Y, 1, out=Y)
        self.Y = np.multiply(Y, 0.5, out=Y)
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.subtract(1, self.Y, out=self.buffer("dX", dY.shape, dY.dtype))
        np.multiply(dX, self.Y, out=dX)
        return np.multiply(dY, dX, out=dX)
