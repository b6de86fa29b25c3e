"""The Gaussian error linear unit."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.layers.base import Layer


@dataclass
class GELU(Layer):
    """Y = X Φ(X); dX = dY (Φ(X) + X φ(X)), with Φ and φ the distribution function and density of the standard normal.

    The exact form, not the approximation by tanh. Source: Hendrycks & Gimpel 2016, "Gaussian error linear units".
    """

    kind: ClassVar[str] = "gelu"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        from scipy.special import ndtr  # Φ; imported only where it is used, as that takes as long as a prediction

        self.X = X
        self.P = ndtr(X, out=self.buffer("P", X.shape, X.dtype))
        return np.multiply(X, self.P, out=self.buffer("Y", X.shape, X.dtype))

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.clip(self.X, -40, 40, out=self.buffer("dX", dY.shape, dY.dtype))  # beyond it φ is 0, X² may overflow
        np.square(dX, out=dX)
        np.multiply(dX, -0.5, out=dX)
        np.exp(dX, out=dX)
        np.multiply(dX, (2 * np.pi) ** -0.5, out=dX)  # φ(X) = exp(-X² / 2) / √(2π)
        np.multiply(dX, self.X, out=dX)
        np.add(dX, self.P, out=dX)
        return np.multiply(dY, dX, out=dX)
