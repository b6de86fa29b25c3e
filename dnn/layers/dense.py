"""The fully connected layer."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.options import option
from dnn.base.types import Array, Shape
from dnn.initializers import INITIALIZERS, initialize
from dnn.layers.base import Layer

CAST = 1 << 20  # bytes of W, for each row of X, that are in another precision at a time


@dataclass
class Dense(Layer):
    """Y = X W + b; dW = Xᵀ dY, db = Σ dY over the batch, dX = dY Wᵀ."""

    kind: ClassVar[str] = "dense"

    units: int = option(doc="number of outputs", least=1)
    initializer: str = option("xavier", "scheme of the starting W", choices=INITIALIZERS)

    def build(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise InputError(f"dense needs (features,) as input, got {input_shape}; put a flatten layer before it")
        self.parameter_shapes = {"W": (input_shape[0], self.units), "b": (self.units,)}
        return (self.units,)

    def initialize(self, rng: np.random.Generator) -> None:
        fan_in, fan_out = self.parameter_shapes["W"]
        initialize(self.initializer, self.parameters["W"], fan_in, fan_out, rng)
        self.parameters["b"][...] = 0

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.X = X
        Y = self.threads.dot(X, self.parameters["W"], out=self.buffer("Y", (len(X), self.units), X.dtype))
        return np.add(Y, self.parameters["b"], out=Y)

    def predict(self, X: Array) -> Array:
        W, b = self.parameters["W"], self.parameters["b"]
        if X.dtype == W.dtype:
            Y = X.dot(W)
        else:  # for a few rows a few units at a time, as to fill new memory with all of W takes longer than the product
            Y = np.empty((len(X), self.units), X.dtype)
            step = max(1, len(X) * CAST // (len(W) * X.itemsize))
            for start in range(0, self.units, step):
                part = slice(start, start + step)
                Y[:, part] = np.dot(X, W[:, part].astype(X.dtype))
        return np.add(Y, b[None], out=Y)  # of as many axes: for a single row that takes half the time

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        W, X = self.parameters["W"], self.X
        self.threads.dot(X.T, dY, out=self.gradients["W"])
        ones = self.buffer("ones", (len(dY),), dY.dtype)
        ones.fill(1)
        np.dot(ones, dY, out=self.gradients["b"])  # the sum over the batch, three times as fast
        if not need_dX:
            return dY
        return self.threads.dot(dY, W.T, out=self.buffer("dX", (len(dY), len(W)), dY.dtype))
