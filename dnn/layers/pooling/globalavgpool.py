"""Global average pooling."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array, Shape
from dnn.layers.base import Layer


@dataclass
class GlobalAveragePool(Layer):
    """Y[n, c] = the mean of X[n, :, :, c]; dX = dY / (height width) everywhere.

    Source: Lin, Chen & Yan 2014, "Network in network", section 3.2.
    """

    kind: ClassVar[str] = "globalavgpool"

    def build(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise InputError(f"globalavgpool needs (height, width, channels) as input, got {input_shape}")
        self._area = input_shape[:2]
        return input_shape[2:]

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        Y = self.buffer("Y", (len(X), X.shape[3]), X.dtype)
        return np.multiply(np.add.reduce(X, axis=(1, 2), out=Y), 1 / prod(self._area), out=Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = self.buffer("dX", (len(dY), *self._area, dY.shape[1]), dY.dtype)
        return np.multiply(dY[:, None, None], 1 / prod(self._area), out=dX)
