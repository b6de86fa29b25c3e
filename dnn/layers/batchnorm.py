"""Batch normalisation."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dnn.errors import InputError
from dnn.layers.base import Layer
from dnn.types import Array, Shape


@dataclass
class BatchNorm(Layer):
    """Y = γ X̂ + β with X̂ = (X - μ) / √(σ² + ε), for each channel (the last axis) by itself.

    While training, μ and σ² are mean and variance over all other axes of the batch, and running figures follow them:
    mean ← (1 - m) mean + m μ, var ← (1 - m) var + m σ² n / (n - 1), n being the number of values of a channel. In
    prediction μ and σ² are the running figures, so that an answer does not depend on the other examples. A batch
    with n = 1 has no variance: it is normalised as in prediction, and the running figures stay.

        training:   dX = γ / √(σ² + ε) (dY - mean(dY) - X̂ mean(dY X̂))
        prediction: dX = γ / √(σ² + ε) dY
        both:       dγ = Σ dY X̂, dβ = Σ dY

    Args:
        momentum: m in (0, 1], the share of the newest batch.
        epsilon: ε, above 0.

    Source: Ioffe & Szegedy 2015, "Batch normalization", algorithm 1; momentum and the unbiased running variance as in
    PyTorch's BatchNorm1d and BatchNorm2d.
    """

    kind: ClassVar[str] = "batchnorm"

    momentum: float = 0.1
    epsilon: float = 1e-5

    def build(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in (1, 3):
            raise InputError(f"batchnorm needs (features,) or (height, width, channels) as input, got {input_shape}")
        if not 0 < self.momentum <= 1:
            raise InputError(f"batchnorm: momentum is {self.momentum}, allowed are 0 < momentum <= 1")
        if not 0 < self.epsilon < np.inf:
            raise InputError(f"batchnorm: epsilon is {self.epsilon}, it should be above 0 and finite")
        channels = input_shape[-1:]
        self.parameter_shapes = {"gamma": channels, "beta": channels}
        self.state_shapes = {"mean": channels, "var": channels}
        self.positions = prod(input_shape[:-1])
        return input_shape

    def initialize(self, rng: np.random.Generator) -> None:
        self.parameters["gamma"][...] = 1
        self.parameters["beta"][...] = 0
        self.state["mean"][...] = 0
        self.state["var"][...] = 1

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        gamma, beta, mean, var = *self.parameters.values(), *self.state.values()
        n = len(X) * self.positions
        self.from_batch = training and n > 1
        self.X = X
        if self.from_batch:
            center = self._sum(X) / n
            C = self._per_channel(np.subtract, X, center, "C")
            # The mean of float32 numbers is off by a rounding error; what is left of it is taken out of all that
            # follows (the corrected two-pass algorithm of Chan, Golub & LeVeque 1983).
            self.offset = self._sum(C) / n
            batch_var = self._sum(C, C) / n - self.offset**2
            mean += self.momentum * (center + self.offset - mean)
            var += self.momentum * (batch_var * (n / (n - 1)) - var)
            self.inv_std = 1 / np.sqrt(batch_var + self.epsilon)
            self.C = C
            scale = gamma * self.inv_std
            Y = self._per_channel(np.multiply, C, scale, "Y")
            return self._per_channel(np.add, Y, beta - scale * self.offset, "Y")
        self.inv_std = 1 / np.sqrt(var + self.epsilon)
        Y = self._per_channel(np.subtract, X, mean, "Y")
        Y = self._per_channel(np.multiply, Y, gamma * self.inv_std, "Y")
        return self._per_channel(np.add, Y, beta, "Y")

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dgamma, dbeta = self.gradients.values()
        scale = self.parameters["gamma"] * self.inv_std
        dbeta[...] = self._sum(dY)
        if not self.from_batch:
            C = self._per_channel(np.subtract, self.X, self.state["mean"], "C")
            dgamma[...] = self.inv_std * self._sum(dY, C)
            return self._per_channel(np.multiply, dY, scale, "dX")
        dgamma[...] = self.inv_std * (self._sum(dY, self.C) - self.offset * dbeta)
        if not need_dX:
            return dY
        n = len(dY) * self.positions
        slope = self.inv_std * dgamma / n
        dX = self._per_channel(np.multiply, self.C, slope, "dX")
        np.subtract(dY, dX, out=dX)
        dX = self._per_channel(np.subtract, dX, dbeta / n - slope * self.offset, "dX")
        return self._per_channel(np.multiply, dX, scale, "dX")

    # Both work on rows of whole examples: over an axis of a few channels, loops in NumPy take three times as long.

    def _per_channel(self, ufunc: np.ufunc, A: Array, v: Array, out: str) -> Array:
        """ufunc(A, v) for v: (channels,), into the buffer named `out`."""
        row = self.buffer("row", (self.positions, len(v)), A.dtype)
        row[...] = v
        B = self.buffer(out, A.shape, A.dtype)
        ufunc(A.reshape(len(A), -1), row.reshape(-1), out=B.reshape(len(A), -1))
        return B

    def _sum(self, A: Array, B: Array | None = None) -> Array:
        """Sums of A, or of A B, for each channel: (channels,)."""
        rows = A.reshape(len(A), -1)
        total = self.buffer("total", rows.shape[1:], A.dtype)
        if B is None:
            np.add.reduce(rows, axis=0, out=total)
        else:
            np.einsum("ij,ij->j", rows, B.reshape(rows.shape), out=total)
        return np.add.reduce(total.reshape(self.positions, -1), axis=0)
