"""Softmax as a layer."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.layers.base import Layer


@dataclass
class Softmax(Layer):
    """Y_k = exp(X_k) / Σ_j exp(X_j) over the last axis; dX = Y (dY - Σ_k dY_k Y_k).

    For gates inside a network. A classifier ends in logits: its loss contains the softmax.

    Source: Bridle 1990, "Training stochastic model recognition algorithms as networks can lead to maximum mutual
    information estimation of parameters".
    """

    kind: ClassVar[str] = "softmax"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        row = self.buffer("row", (*X.shape[:-1], 1), X.dtype)
        np.maximum.reduce(X, axis=-1, keepdims=True, out=row)
        self.Y = np.subtract(X, row, out=self.buffer("Y", X.shape, X.dtype))  # at most 0: exp cannot overflow
        np.exp(self.Y, out=self.Y)
        np.add.reduce(self.Y, axis=-1, keepdims=True, out=row)
        return np.divide(self.Y, row, out=self.Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        row = self.buffer("row", (*dY.shape[:-1], 1), dY.dtype)
        dX = np.multiply(dY, self.Y, out=self.buffer("dX", dY.shape, dY.dtype))
        np.add.reduce(dX, axis=-1, keepdims=True, out=row)
        np.subtract(dY, row, out=dX)
        return np.multiply(dX, self.Y, out=dX)
