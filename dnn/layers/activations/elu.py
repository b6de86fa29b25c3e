"""The exponential linear unit."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array
from dnn.layers.base import Layer


@dataclass
class ELU(Layer):
    """Y = X where X > 0, else α (exp(X) - 1); dX = dY where X > 0, else α exp(X) dY.

    Source: Clevert, Unterthiner & Hochreiter 2016, "Fast and accurate deep network learning by exponential linear
    units", eq. 15.
    """

    kind: ClassVar[str] = "elu"

    alpha: float = option(1.0, "α: Y tends to -α far below 0", above=0)

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.X = X
        self.E = np.minimum(X, 0, out=self.buffer("E", X.shape, X.dtype))
        np.exp(self.E, out=self.E)  # 1 where X > 0. expm1 takes five times as long and differs by a rounding error
        Y = np.multiply(self.E, self.alpha, out=self.buffer("Y", X.shape, X.dtype))
        np.subtract(Y, self.alpha, out=Y)  # 0 where X > 0
        positive = np.maximum(X, 0, out=self.buffer("positive", X.shape, X.dtype))
        return np.add(Y, positive, out=Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = self.buffer("dX", dY.shape, dY.dtype)
        if self.alpha == 1:
            return np.multiply(dY, self.E, out=dX)
        np.multiply(self.E, self.alpha, out=dX)  # α where X > 0, which the rest takes to 1
        rest = np.greater(self.X, 0, out=self.buffer("positive", dY.shape, dY.dtype), casting="unsafe")
        np.multiply(rest, 1 - self.alpha, out=rest)
        np.add(dX, rest, out=dX)
        return np.multiply(dY, dX, out=dX)
