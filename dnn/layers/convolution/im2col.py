"""Convolution as one matrix product."""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dnn.base.threads import chunks
from dnn.base.types import Array, Shape
from dnn.layers.windows import Grid

CHUNK = 1 << 21  # bytes of windows copied at a time: enough for efficient products, little enough for the caches
NARROW = 16  # numbers in a row of a window below which copying it row by row is slow


class Im2col:
    """Y = V U, where a row of V is a window of X, and a column of U a filter.

    Args:
        name: what the names of its buffers begin with.
        grid: where the windows lie.
        buffer: `Layer.buffer` of the layer.

    Source: Chellapilla et al. 2006, "High performance convolutional neural networks for document processing".
    """

    def __init__(self, name: str, grid: Grid, buffer: Callable[[str, Shape, Any], Array]) -> None:
        self._name, self._grid, self._buffer = name, grid, buffer

    @staticmethod
    def elements(grid: Grid, channels: int, filters: int) -> int:
        """Numbers in its buffers for each image in `convolve`."""
        return (prod(grid.out) * prod(grid.size) + prod(grid.padded)) * channels

    def transform(self, W: Array) -> Array:
        """U: (h, w, channels, filters) -> (h w channels, filters)."""
        return W.reshape(-1, W.shape[-1])

    def gradient(self, dU: Array, dW: Array) -> None:
        """Write dW: (h w channels, filters) -> (h, w, channels, filters)."""
        dW[...] = dU.reshape(dW.shape)

    def convolve(self, piece: int, X: Array, U: Array, Y: Array) -> None:
        """Y = V U, with buffers that belong to this piece of the batch."""
        for V, y in self._windows(piece, X, Y):
            np.matmul(V, U, out=y.reshape(len(V), -1))

    def correlate(self, piece: int, X: Array, dY: Array) -> Array:
        """dU = Vᵀ dY, with buffers that belong to this piece of the batch, after `convolve` of the same X."""
        shape = self._grid.size[0] * self._grid.size[1] * X.shape[-1], dY.shape[-1]
        dU, share = (self._buffer(f"{self._name}{piece} {name}", shape, X.dtype) for name in ("dU", "share"))
        dU.fill(0)
        for V, dy in self._windows(piece, X, dY, again=True):
            np.matmul(V.T, dy.reshape(len(V), -1), out=share)
            np.add(dU, share, out=dU)
        return dU

    def back(self, W: Array) -> Callable[[int, Array, Array], None]:
        """The way from dY to dX: dV = dY Uᵀ, whose rows are added up where their windows lie in X."""
        U_T = self.transform(W).T
        (kh, kw), (sh, sw), (h, w) = self._grid.size, self._grid.stride, self._grid.out

        def add_up(piece: int, dY: Array, dX: Array) -> None:
            channels, n = dX.shape[-1], 0
            for dy, dx in chunks(CHUNK, dY, dX, row=h * w * U_T.shape[1] * dX.itemsize):
                if len(dy) != n:
                    n = len(dy)
                    dV = self._buffer(f"{self._name}{piece} dV", (n, h, w, kh, kw, channels), dX.dtype)
                    sums, inside = self._padded(f"{piece} sums", dx)
                np.matmul(dy.reshape(n * h * w, -1), U_T, out=dV.reshape(n * h * w, -1))
                sums.fill(0)
                for i in range(kh):  # in three dimensions NumPy sees that nothing overlaps, and copies nothing
                    for x in range(w):
                        place = sums[:, i : i + sh * h : sh, x * sw : x * sw + kw]
                        np.add(place, dV[:, :, x, i], out=place)
                dx[...] = inside

        return add_up

    def _windows(self, piece: int, X: Array, Y: Array, again: bool = False) -> Iterator[tuple[Array, Array]]:
        """For some images at a time V, (windows, h w channels), and what Y has of them.

        Where that is a single time, the same is there `again` without being copied.
        """
        (kh, kw), (h, w), channels, n = self._grid.size, self._grid.out, X.shape[-1], 0
        if self._grid.padded == self._grid.out and len(X):  # a window is a pixel
            yield X.reshape(-1, channels), Y
            return
        for x, y in chunks(CHUNK, X, Y, row=h * w * kh * kw * channels * X.itemsize):
            if len(x) != n:  # at first, and where the last images are fewer
                n = len(x)
                kept = again and n == len(X)
                padded, inside = self._padded(f"{piece} padded", x)
                if not kept:
                    padded.fill(0)
                windows = self._views(padded)
                if narrow := kw * channels < NARROW:  # V transposed: a number of all windows is a long row
                    windows = windows.transpose(3, 4, 5, 0, 1, 2)
                copy = self._buffer(f"{self._name}{piece} windows", windows.shape, X.dtype)
                V = copy.reshape(kh * kw * channels, -1).T if narrow else copy.reshape(n * h * w, -1)
            if not kept:
                inside[...] = x
                np.copyto(copy, windows)
            yield V, y

    def _padded(self, name: str, X: Array) -> tuple[Array, Array]:
        """Space for images X with padding around them: all of it, and that of the images."""
        n, h, w, channels = X.shape
        top, left = self._grid.before
        padded = self._buffer(f"{self._name}{name}", (n, *self._grid.padded, channels), X.dtype)
        return padded, padded[:, top : top + h, left : left + w]

    def _views(self, padded: Array) -> Array:
        """All windows, (images, out_h, out_w, kh, kw, channels). They overlap in the same memory, so that only a copy
        makes a matrix of them.
        """
        sh, sw = self._grid.stride
        return sliding_window_view(padded, self._grid.size, axis=(1, 2))[:, ::sh, ::sw].transpose(0, 1, 2, 4, 5, 3)
