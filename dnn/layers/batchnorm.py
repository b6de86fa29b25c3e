"""Batch normalisation."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.options import option
from dnn.base.types import Array, Shape
from dnn.layers.base import Layer

CHUNK = 1 << 20  # bytes of input that are worked on at a time: few calls, and in the caches all the same


@dataclass
class BatchNorm(Layer):
    """Y = γ X̂ + β with X̂ = (X - μ) / √(σ² + ε), for each channel (the last axis) by itself.

    While training, μ and σ² are mean and variance over all other axes of the batch, and running statistics follow them:
    mean ← (1 - m) mean + m μ, var ← (1 - m) var + m σ² n / (n - 1), n being the number of values of a channel. In
    prediction μ and σ² are the running statistics, so that an answer does not depend on the other examples. A batch
    with n = 1 has no variance: it is normalised as in prediction, and the running statistics stay.

        training:   dX = γ / √(σ² + ε) (dY - mean(dY) - X̂ mean(dY X̂))
        prediction: dX = γ / √(σ² + ε) dY
        both:       dγ = Σ dY X̂, dβ = Σ dY

    Squares of large numbers would cost the variance its digits. So all sums are those of C = X - pivot, with a pivot
    near μ: μ = pivot + offset, offset = Σ C / n, σ² = Σ C² / n - offset², and X̂ = (C - offset) / √(σ² + ε).

    Source: Ioffe & Szegedy 2015, "Batch normalization", algorithm 1; momentum and the unbiased running variance as in
    PyTorch's BatchNorm1d and BatchNorm2d.
    """

    kind: ClassVar[str] = "batchnorm"

    momentum: float = option(0.1, "m, the share of the newest batch in the running statistics", above=0, most=1)
    epsilon: float = option(1e-5, "ε, which keeps a constant channel from division by 0", least=1e-30)

    def build(self, input_shape: Shape) -> Shape:
        if len(input_shape) not in (1, 3):
            raise InputError(f"batchnorm needs (features,) or (height, width, channels) as input, got {input_shape}")
        channels = input_shape[-1:]
        self.parameter_shapes = {"gamma": channels, "beta": channels}
        self.state_shapes = {"mean": channels, "var": channels}
        self._row_length = prod(input_shape[-2:])
        return input_shape

    def initialize(self, rng: np.random.Generator) -> None:
        self.parameters["gamma"][...] = 1
        self.parameters["beta"][...] = 0
        self.state["mean"][...] = 0
        self.state["var"][...] = 1

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        gamma, beta = self.parameters["gamma"], self.parameters["beta"]
        mean, var = self.state["mean"], self.state["var"]
        n = X.size // len(mean)
        self.from_batch = training and n > 1
        self.C, Y = self.buffer("C", X.shape, X.dtype), self.buffer("Y", X.shape, X.dtype)
        # The mean of an eighth of the images will do: its squared distance to μ is at most 8 σ², so that the squares of
        # C are no larger than a few σ² and keep their digits.
        pivot = mean_of(X[: 1 + len(X) // 8]) if self.from_batch else mean
        pivots = self._row("pivot", pivot)

        def center(x: Array, c: Array) -> tuple[Array, Array]:
            np.subtract(x, pivots, out=c)
            return c, c  # `_sums` adds up the first, and the product of both

        if self.from_batch:
            total, square = self._sums(center, X, self.C)
            self.offset = total / n
            variance = np.maximum(square / n - self.offset**2, 0)  # rounding may take it below
            mean += self.momentum * (pivot + self.offset - mean)
            var += self.momentum * (variance * (n / (n - 1)) - var)
        else:
            self._each(center, X, self.C)
            self.offset, variance = np.zeros_like(mean), var
        self.inv_std = 1 / np.sqrt(variance + self.epsilon)
        scale = gamma * self.inv_std
        scales, shifts = self._row("scale", scale), self._row("shift", beta - scale * self.offset)

        def normalise(c: Array, y: Array) -> None:
            np.multiply(c, scales, out=y)
            np.add(y, shifts, out=y)

        self._each(normalise, self.C, Y)
        return Y

    def predict(self, X: Array) -> Array:
        mean, var, gamma, beta = (
            v.astype(X.dtype, copy=False) for v in (*self.state.values(), *self.parameters.values())
        )
        repeats = self._row_length // len(mean)
        mean, scale, beta = (np.tile(v, (1, repeats)) for v in (mean, gamma * (1 / np.sqrt(var + self.epsilon)), beta))
        Y = X.reshape(-1, self._row_length) - mean
        np.multiply(Y, scale, out=Y)
        return np.add(Y, beta, out=Y).reshape(X.shape)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        gamma, dgamma, dbeta = self.parameters["gamma"], self.gradients["gamma"], self.gradients["beta"]
        n, dX = dY.size // len(gamma), self.buffer("dX", dY.shape, dY.dtype)
        total, product = self._sums(lambda dy, c: (dy, c), dY, self.C)  # Σ dY, Σ dY C
        dbeta[...] = total
        dgamma[...] = self.inv_std * (product - self.offset * total)
        if not need_dX:
            return dY
        slope = self.inv_std * dgamma / n  # X̂ mean(dY X̂) = slope (C - offset)
        scales, slopes = self._row("scale", gamma * self.inv_std), self._row("slope", slope)
        means = self._row("mean", dbeta / n - slope * self.offset)

        def pass_back(dy: Array, c: Array, dx: Array) -> None:
            if self.from_batch:
                np.multiply(c, slopes, out=dx)
                np.subtract(dy, dx, out=dx)
                dy = np.subtract(dx, means, out=dx)
            np.multiply(dy, scales, out=dx)

        self._each(pass_back, dY, self.C, dX)
        return dX

    # Over an axis of a few channels NumPy's loops take three times as long. So all of the above works on rows: the
    # pixels of a row of the image, one after the other, or the features of an example.

    def _row(self, name: str, v: Array) -> Array:
        """v: (channels,) -> (row,), repeated for each pixel."""
        if len(v) == self._row_length:
            return v
        row = self.buffer(name, (self._row_length // len(v), len(v)), v.dtype)
        row[...] = v
        return row.reshape(-1)

    def _each(self, work: Callable[..., Any], *arrays: Array) -> list[list[Any]]:
        """As `Threads.each`: work(*chunks of the arrays), each (rows, row)."""
        rows = (A.reshape(-1, self._row_length) for A in arrays)
        return self.threads.each(CHUNK, lambda _, *chunk: work(*chunk), *rows)

    def _sums(self, work: Callable[..., tuple[Array, Array]], *arrays: Array) -> Array:
        """(2, channels): Σ A and Σ A B of all A and B that work(*chunks of the arrays) returns."""

        def sums(*chunk: Array) -> Array:
            A, B = work(*chunk)
            return np.array([np.ones(len(A), A.dtype) @ A, np.einsum("ij,ij->j", A, B)])  # twice as fast as A.sum(0)

        zeros = np.zeros((2, self._row_length), arrays[0].dtype)
        of_row = sum((sum(piece, zeros) for piece in self._each(sums, *arrays)), zeros)
        return of_row.reshape(2, -1, *self.parameter_shapes["beta"]).sum(axis=1)


def mean_of(X: Array) -> Array:
    """(channels,), the mean over all other axes."""
    rows = X.reshape(-1, X.shape[-1])
    return np.add.reduce(rows, axis=0) / len(rows)
