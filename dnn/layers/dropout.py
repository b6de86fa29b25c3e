"""Dropout."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.options import option
from dnn.base.types import Array
from dnn.layers.base import Layer


@dataclass
class Dropout(Layer):
    """While training, each input is zero with probability `rate`, else divided by 1 - rate; in prediction Y = X.

    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting" (the inverted
    form).
    """

    kind: ClassVar[str] = "dropout"

    rate: float = option(doc="probability of a zero", least=0, below=1)

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Raises InputError when training without a generator: silence would mean no dropout at all."""
        self.mask: Array | None = None
        if not training:
            return X
        if rng is None:
            raise InputError("dropout needs a random generator while training; pass rng=numpy.random.default_rng(seed)")
        draws = rng.random(dtype=np.float32, out=self.buffer("draws", X.shape, np.float32))
        self.mask = np.greater_equal(draws, self.rate, out=self.buffer("mask", X.shape, X.dtype), casting="unsafe")
        np.multiply(self.mask, 1 / (1 - self.rate), out=self.mask)
        return np.multiply(X, self.mask, out=self.buffer("Y", X.shape, X.dtype))

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        if self.mask is None:
            return dY
        return np.multiply(dY, self.mask, out=self.buffer("dX", dY.shape, dY.dtype))
