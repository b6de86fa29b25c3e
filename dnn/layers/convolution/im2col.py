"""Convolution as one matrix product."""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dnn.base.types import Array, Shape
from dnn.layers.windows import Grid

CHUNK = 1 << 21  # bytes of windows copied at a time: enough for efficient products, little enough for the caches
NARROW = 16  # elements in a row of a window below which copying it row by row is slow


class Direct:
    """Y = V U, where a row of V is a window of X, and a column of U a filter.

    Args:
        buffer: `Layer.buffer` of the layer.

    Source: Chellapilla et al. 2006, "High performance convolutional neural networks for document processing".
    """

    def __init__(self, buffer: Callable[[str, Shape, Any], Array]) -> None:
        self._buffer = buffer

    def transform(self, name: str, W: Array) -> Array:
        """U: (h, w, channels, filters) -> (h w channels, filters)."""
        return W.reshape(-1, W.shape[-1])

    def gradient(self, dU: Array, dW: Array) -> None:
        """Write the gradient of W."""
        dW[...] = dU.reshape(dW.shape)

    def convolve(self, name: str, X: Array, rows: slice, grid: Grid, U: Array, Y: Array) -> None:
        """Y[rows] = V U of the images X[rows]."""
        for part, V in self._windows(name, X, rows, grid):
            np.matmul(V, U, out=Y[part].reshape(len(V), -1))

    def correlate(self, name: str, X: Array, rows: slice, grid: Grid, dY: Array, dU: Array, share: Array) -> None:
        """dU = V^T dY of the images X[rows]; `share` is space for another dU."""
        dU.fill(0)
        for part, V in self._windows(name, X, rows, grid):
            np.matmul(V.T, dY[part].reshape(len(V), -1), out=share)
            np.add(dU, share, out=dU)

    def _windows(self, name: str, X: Array, rows: slice, grid: Grid) -> Iterator[tuple[slice, Array]]:
        """Some of these images at a time, and a matrix a row of h w channels elements for each of their windows."""
        (kh, kw), (sh, sw), (top, left), (h, w, channels) = grid.size, grid.stride, grid.before, X.shape[1:]
        spread, count = grid.spread, prod(grid.out)
        images = max(1, CHUNK // (count * kh * kw * channels * X.itemsize))
        padded = self._buffer(f"{name} padded", (images, *grid.padded, channels), X.dtype)
        padded[...] = 0
        inside = padded[:, top : top + spread[0] * h : spread[0], left : left + spread[1] * w : spread[1]]
        views = sliding_window_view(padded, grid.size, axis=(1, 2))[:, ::sh, ::sw]
        if narrow := kw * channels < NARROW:
            views = views.transpose(4, 5, 3, 0, 1, 2)
            copy = self._buffer(f"{name} windows", views.shape, X.dtype)
            flat = copy.reshape(-1, images * count).T
        else:
            views = views.transpose(0, 1, 2, 4, 5, 3)
            copy = self._buffer(f"{name} windows", views.shape, X.dtype)
            flat = copy.reshape(images * count, -1)
        for start in range(rows.start, rows.stop, images):
            part = slice(start, min(start + images, rows.stop))
            n = part.stop - part.start
            inside[:n] = X[part]
            np.copyto(copy[:, :, :, :n], views[:, :, :, :n]) if narrow else np.copyto(copy[:n], views[:n])
            yield part, flat[: n * count]
