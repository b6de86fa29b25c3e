"""Two-dimensional convolution."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.threads import PARTS
from dnn.base.types import Array, Shape
from dnn.initializers import check_initializer, initialize
from dnn.layers.base import Layer
from dnn.layers.convolution.im2col import Direct
from dnn.layers.convolution.winograd import Winograd
from dnn.layers.windows import Grid, Size, make_grid

MANY = 4  # channels and filters from which Winograd's algorithm is the faster way


@dataclass
class Conv2D(Layer):
    """Y[n, y, x, f] = b[f] + Σ_{i, j, c} X[n, s y + i - p, s x + j - q, c] W[i, j, c, f], a cross-correlation, with X
    taken as 0 outside; stride s and padding (p, q) as in `make_grid`.

    dW is the sum over the windows times dY; dX is the convolution of dY, spread out by the stride, with the turned W.
    `Winograd` computes it for 3x3 windows with stride 1 and enough channels, rounding differently; else `Direct` does.

    Args:
        filters: number of output channels, at least 1.
        kernel: height and width of W, or one number for both.
        stride: steps between windows, likewise.
        padding: 'valid' or 'same'.
        initializer: one of `dnn.initializers.INITIALIZERS`, with fan_in = h w channels and fan_out = h w filters.
        bias: whether to add b.

    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning".
    """

    kind: ClassVar[str] = "conv"

    filters: int
    kernel: Size
    stride: Size = 1
    padding: str = "valid"
    initializer: str = "xavier"
    bias: bool = True

    def build(self, input_shape: Shape) -> Shape:
        self._grid = grid = make_grid(self.kind, input_shape, self.kernel, self.stride, self.padding, "kernel")
        if self.filters < 1:
            raise InputError(f"conv: filters is {self.filters}, it should be at least 1")
        check_initializer(self.initializer)
        (kh, kw), (h, w, channels) = grid.size, input_shape
        before = kh - 1 - grid.before[0], kw - 1 - grid.before[1]
        self._turned = Grid(grid.size, (1, 1), (h, w), before, (h + kh - 1, w + kw - 1), grid.stride)
        fits = grid.size == (3, 3) and grid.stride == (1, 1)
        self._way = Winograd if fits and min(channels, self.filters) >= MANY else Direct
        self.parameter_shapes = {"W": (kh, kw, channels, self.filters)}
        if self.bias:
            self.parameter_shapes["b"] = (self.filters,)
        return (*grid.out, self.filters)

    def initialize(self, rng: np.random.Generator) -> None:
        kh, kw, channels, filters = self.parameter_shapes["W"]
        initialize(self.initializer, self.parameters["W"], kh * kw * channels, kh * kw * filters, rng)
        if self.bias:
            self.parameters["b"][...] = 0

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.X = X
        way = self._way(self.buffer)
        self.U = U = way.transform("U", self.parameters["W"])
        Y = self.buffer("Y", (len(X), *self._grid.out, self.filters), X.dtype)
        if self.bias:  # repeated for a row of the image, as adding few elements at a time is slow
            b = self.buffer("b", (self._grid.out[1], self.filters), X.dtype)
            b[...] = self.parameters["b"]

        def piece(number: int, rows: slice) -> None:
            way.convolve(f"X{number}", X, rows, self._grid, U, Y)
            if self.bias:
                np.add(Y[rows], b, out=Y[rows])

        self.threads.run(piece, len(X), Y.size * prod(self._grid.size) * X.shape[-1])
        return Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        X, way = self.X, self._way(self.buffer)
        kh, kw, channels, filters = self.parameter_shapes["W"]
        shares = self.buffer("shares", (PARTS, 2, *self.U.shape), dY.dtype)
        W = self.buffer("turned", (kh, kw, filters, channels), dY.dtype)
        W[...] = self.parameters["W"][::-1, ::-1].swapaxes(2, 3)
        U = way.transform("turned U", W)
        dX = self.buffer("dX", X.shape, dY.dtype)

        def piece(number: int, rows: slice) -> None:
            way.correlate(f"X{number}", X, rows, self._grid, dY, *shares[number])
            if need_dX:
                way.convolve(f"dY{number}", dY, rows, self._turned, U, dX)

        pieces = self.threads.run(piece, len(X), dY.size * kh * kw * channels)
        dU = np.add.reduce(shares[:pieces, 0], axis=0, out=self.buffer("dU", self.U.shape, dY.dtype))
        way.gradient(dU, self.gradients["W"])
        if self.bias:
            db = np.add.reduce(dY, axis=(0, 1), out=self.buffer("db", dY.shape[2:], dY.dtype))  # long rows are fast
            np.add.reduce(db, axis=0, out=self.gradients["b"])
        return dX if need_dX else dY
