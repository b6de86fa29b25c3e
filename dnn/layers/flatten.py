"""From images to vectors."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dnn.base.types import Array, Shape
from dnn.layers.base import Layer


@dataclass
class Flatten(Layer):
    """(batch, height, width, channels), or any other shape, to (batch, features), the last axis running fastest."""

    kind: ClassVar[str] = "flatten"

    def build(self, input_shape: Shape) -> Shape:
        self._shape = input_shape
        return (prod(input_shape),)

    def kept_elements(self, input_shape: Shape, output_shape: Shape) -> int:
        return 0  # both are views

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        return X.reshape(len(X), prod(self._shape))

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        return dY.reshape(len(dY), *self._shape)
