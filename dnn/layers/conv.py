"""Two-dimensional convolution."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dnn.errors import InputError
from dnn.initializers import check_initializer, initialize
from dnn.layers.base import Layer
from dnn.layers.windows import Grid, Pair, Size, make_grid
from dnn.threads import PARTS
from dnn.types import Array, Shape

CHUNK = 1 << 21  # bytes of windows copied at a time: enough for efficient products, little enough for the caches
NARROW = 16  # elements in a row of a window below which copying it row by row is slow


@dataclass
class Conv2D(Layer):
    """Y[n, y, x, f] = b[f] + Σ_{i, j, c} X[n, s y + i - p, s x + j - q, c] W[i, j, c, f], a cross-correlation, with X
    taken as 0 outside; stride s and padding (p, q) as in `make_grid`.

    dW is the sum over the windows times dY; dX is the convolution of dY, spread out by the stride, with the turned W.

    Args:
        filters: number of output channels, at least 1.
        kernel: height and width of W, or one number for both.
        stride: steps between windows, likewise.
        padding: 'valid' or 'same'.
        initializer: one of `dnn.initializers.INITIALIZERS`, with fan_in = h w channels and fan_out = h w filters.
        bias: whether to add b.

    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning"; windows as the rows of a
    matrix: Chellapilla et al. 2006, "High performance convolutional neural networks for document processing".
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
        self._turned = Grid(grid.size, (1, 1), (h, w), before, (h + kh - 1, w + kw - 1))
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
        W = self.parameters["W"].reshape(-1, self.filters)
        Y = self.buffer("Y", (len(X), *self._grid.out, self.filters), X.dtype)
        if self.bias:  # repeated for a row of the image, as adding few elements at a time is slow
            b = self.buffer("b", (self._grid.out[1], self.filters), X.dtype)
            b[...] = self.parameters["b"]

        def piece(number: int, rows: slice) -> None:
            for part, windows in self._windows(f"X{number}", X, rows, self._grid):
                np.matmul(windows, W, out=Y[part].reshape(len(windows), -1))
                if self.bias:
                    np.add(Y[part], b, out=Y[part])

        self.threads.run(piece, len(X), Y.size * len(W))
        return Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        X, dW = self.X, self.gradients["W"].reshape(-1, self.filters)
        kh, kw, channels, filters = self.parameter_shapes["W"]
        shares = self.buffer("dW", (PARTS, 2, *dW.shape), dW.dtype)
        W = self.buffer("turned", (kh, kw, filters, channels), dY.dtype)
        W[...] = self.parameters["W"][::-1, ::-1].swapaxes(2, 3)
        dX = self.buffer("dX", X.shape, dY.dtype)

        def piece(number: int, rows: slice) -> None:
            total, share = shares[number]
            total.fill(0)
            for part, windows in self._windows(f"X{number}", X, rows, self._grid):
                np.matmul(windows.T, dY[part].reshape(len(windows), -1), out=share)
                np.add(total, share, out=total)
            if need_dX:
                for part, windows in self._windows(f"dY{number}", dY, rows, self._turned, self._grid.stride):
                    np.matmul(windows, W.reshape(-1, channels), out=dX[part].reshape(len(windows), -1))

        pieces = self.threads.run(piece, len(X), dY.size * len(dW))
        np.add.reduce(shares[:pieces, 0], axis=0, out=dW)
        if self.bias:
            db = np.add.reduce(dY, axis=(0, 1), out=self.buffer("db", dY.shape[2:], dY.dtype))  # long rows are fast
            np.add.reduce(db, axis=0, out=self.gradients["b"])
        return dX if need_dX else dY

    def _windows(
        self, name: str, X: Array, rows: slice, grid: Grid, spread: Pair = (1, 1)
    ) -> Iterator[tuple[slice, Array]]:
        """Some of these images at a time, and a matrix with a row of h w channels elements for each of their windows.

        `spread` is the distance at which the pixels of X are set among zeros.
        """
        (kh, kw), (sh, sw), (top, left), (h, w, channels) = grid.size, grid.stride, grid.before, X.shape[1:]
        count = prod(grid.out)
        images = max(1, CHUNK // (count * kh * kw * channels * X.itemsize))
        padded = self.buffer(f"{name} padded", (images, *grid.padded, channels), X.dtype)
        padded[...] = 0
        inside = padded[:, top : top + spread[0] * h : spread[0], left : left + spread[1] * w : spread[1]]
        views = sliding_window_view(padded, grid.size, axis=(1, 2))[:, ::sh, ::sw]
        if narrow := kw * channels < NARROW:
            views = views.transpose(4, 5, 3, 0, 1, 2)
            copy = self.buffer(f"{name} windows", views.shape, X.dtype)
            flat = copy.reshape(-1, images * count).T
        else:
            views = views.transpose(0, 1, 2, 4, 5, 3)
            copy = self.buffer(f"{name} windows", views.shape, X.dtype)
            flat = copy.reshape(images * count, -1)
        for start in range(rows.start, rows.stop, images):
            part = slice(start, min(start + images, rows.stop))
            n = part.stop - part.start
            inside[:n] = X[part]
            np.copyto(copy[:, :, :, :n], views[:, :, :, :n]) if narrow else np.copyto(copy[:n], views[:n])
            yield part, flat[: n * count]
