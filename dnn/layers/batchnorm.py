"""Batch normalisation."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.threads import PARTS
from dnn.base.types import Array, Shape
from dnn.layers.base import Layer

CHUNK = 1 << 20  # bytes of input that are worked on at a time: few calls, and in the caches all the same


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
        self._length = prod(input_shape[-2:])  # of what is worked on as a row: a row of the image, or an example
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
        self.pivot, self.offset, batch_var = mean.copy(), np.zeros_like(mean), var
        if self.from_batch:
            # Σ (X - pivot)² - n offset² is exact enough with a pivot near the mean, and the mean of some of the images
            # is near: the variance is at least its squared distance to the mean of all, times their share.
            some = X[: 1 + len(X) // 8].reshape(-1, len(mean))
            self.pivot = np.add.reduce(some, axis=0) / len(some)
        C, Y = self.buffer("C", X.shape, X.dtype), self.buffer("Y", X.shape, X.dtype)
        pivots, sums = self._row("pivot", self.pivot), Sums(self._length, X.dtype)

        def center(piece: int, x: Array, c: Array) -> None:
            np.subtract(x, pivots, out=c)
            if self.from_batch:
                sums.add(piece, c, c)

        self._chunks(center, X, C)
        if self.from_batch:
            total, square = sums.of_channels(len(mean))
            self.offset = total / n
            batch_var = np.maximum(square / n - self.offset**2, 0)  # rounding may take it below
            mean += self.momentum * (self.pivot + self.offset - mean)
            var += self.momentum * (batch_var * (n / (n - 1)) - var)
        self.inv_std = 1 / np.sqrt(batch_var + self.epsilon)
        scale = gamma * self.inv_std
        scales, shifts = self._row("scale", scale), self._row("shift", beta - scale * self.offset)

        def normalise(_: int, c: Array, y: Array) -> None:
            np.multiply(c, scales, out=y)
            np.add(y, shifts, out=y)

        self._chunks(normalise, C, Y)
        self.C = C
        return Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dgamma, dbeta = self.gradients.values()
        n, C, dX = len(dY) * self.positions, self.C, self.buffer("dX", dY.shape, dY.dtype)
        sums = Sums(self._length, dY.dtype)
        self._chunks(sums.add, dY, C)
        total, product = sums.of_channels(len(dbeta))
        dbeta[...] = total
        dgamma[...] = self.inv_std * (product - self.offset * total)
        if not need_dX:
            return dY
        slope = self.inv_std * dgamma / n
        scales, slopes = self._row("scale", self.parameters["gamma"] * self.inv_std), self._row("slope", slope)
        means = self._row("mean", dbeta / n - slope * self.offset)

        def chunk(_: int, dy: Array, c: Array, dx: Array) -> None:
            if self.from_batch:
                np.multiply(c, slopes, out=dx)
                np.subtract(dy, dx, out=dx)
                dy = np.subtract(dx, means, out=dx)
            np.multiply(dy, scales, out=dx)

        self._chunks(chunk, dY, C, dX)
        return dX

    # Both for rows of images: over an axis of a few channels, loops in NumPy take three times as long.

    def _chunks(self, work: Callable[..., None], *arrays: Array) -> None:
        """work(piece, *rows of the arrays) for some rows at a time."""
        flat = [A.reshape(-1, self._length) for A in arrays]
        step = max(1, CHUNK // (self._length * arrays[0].itemsize))

        def piece(number: int, rows: slice) -> None:
            for start in range(rows.start, rows.stop, step):
                part = slice(start, min(start + step, rows.stop))
                work(number, *(A[part] for A in flat))

        self.threads.run(piece, len(flat[0]), flat[0].size)

    def _row(self, name: str, v: Array) -> Array:
        """v: (channels,) repeated for a row."""
        row = self.buffer(name, (self._length // len(v), len(v)), v.dtype)
        row[...] = v
        return row.reshape(-1)


class Sums:
    """Σ A and Σ A B over rows of `length` elements, added up piece by piece."""

    def __init__(self, length: int, dtype: np.dtype) -> None:
        self._sums = np.zeros((PARTS, 2, length), dtype)

    def add(self, piece: int, A: Array, B: Array) -> None:
        """Take in A and B: (rows, length)."""
        total, product = self._sums[piece]
        total += np.ones(len(A), A.dtype) @ A  # twice as fast as A.sum(axis=0)
        product += np.einsum("ij,ij->j", A, B)

    def of_channels(self, channels: int) -> Array:
        """(2, channels), both sums for each channel."""
        return self._sums.sum(axis=0).reshape(2, -1, channels).sum(axis=1)
