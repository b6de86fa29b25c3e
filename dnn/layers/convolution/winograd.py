"""3x3 convolution from half the multiplications."""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from dnn.base.types import Array, Shape
from dnn.layers.windows import Grid

ROWS, PLANES = 4, 6  # four outputs of a filter with three weights depend on six inputs, and take six products
AT = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]])
G = np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24
BT = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
CHUNK = 1 << 20  # bytes of windows and products at a time: few enough for the caches, and enough that calls are few


class Winograd:
    """The convolution of `Conv2D` for 3x3 windows with stride 1, by Winograd's F(4, 3): the four outputs of a filter g
    with three weights, over six inputs d, are

        y = A^T [(G g) ⊙ (B^T d)],

    six products in place of twelve. Here d are six rows of an image, g the three rows of W, and the product of two rows
    is a convolution along them, a matrix product with their windows; y are four rows of Y, a strip. The paper's
    F(2x2, 3x3), which transforms columns too, takes fewer products but is slower in NumPy, whose every sum is a pass
    over the memory.

    Its rounding is that of the largest row of a strip, and what is infinite or not a number spreads over the strip.

    With V = B^T d, U = G g and dM = A dY, plane by plane: dU = V^T dM, and dW = G^T dU.

    Args:
        buffer: `Layer.buffer` of the layer.

    Source: Lavin & Gray 2016, "Fast algorithms for convolutional neural networks", section 4.
    """

    def __init__(self, buffer: Callable[[str, Shape, Any], Array]) -> None:
        self._buffer = buffer

    def transform(self, name: str, W: Array) -> Array:
        """U = G g: (3, 3, channels, filters) -> (6, 3 channels, filters)."""
        _, kw, channels, filters = W.shape
        U = self._buffer(name, (PLANES, kw * channels, filters), W.dtype)
        np.matmul(G.astype(W.dtype), W.reshape(len(W), -1), out=U.reshape(PLANES, -1))
        return U

    def gradient(self, dU: Array, dW: Array) -> None:
        """Write dW = G^T dU."""
        np.matmul(G.T.astype(dU.dtype), dU.reshape(PLANES, -1), out=dW.reshape(len(dW), -1))

    def convolve(self, name: str, X: Array, rows: slice, grid: Grid, U: Array, Y: Array) -> None:
        """Y[rows] = A^T (U V) of the images X[rows]."""
        A_T = AT.astype(X.dtype)
        for part, V in self._windows(name, X, rows, grid, U.shape[-1]):
            M, planes, Z = self._products(name, Y[part])
            np.matmul(V, U, out=M)
            np.matmul(A_T, planes, out=Z.reshape(len(planes), ROWS, -1))
            Y[part] = Z[: Y.shape[1]].swapaxes(0, 1)

    def correlate(self, name: str, X: Array, rows: slice, grid: Grid, dY: Array, dU: Array, share: Array) -> None:
        """dU = the sum of V^T (A dY) over the images X[rows]; `share` is space for another dU."""
        A = np.ascontiguousarray(AT.T, X.dtype)
        dU.fill(0)
        for part, V in self._windows(name, X, rows, grid, dU.shape[-1]):
            dM, planes, dZ = self._products(name, dY[part])
            dZ[: dY.shape[1]] = dY[part].swapaxes(0, 1)
            dZ[dY.shape[1] :] = 0
            np.matmul(A, dZ.reshape(len(planes), ROWS, -1), out=planes)
            np.matmul(V.swapaxes(1, 2), dM, out=share)
            np.add(dU, share, out=dU)

    def _products(self, name: str, Y: Array) -> tuple[Array, Array, Array]:
        """Space for M = U V, (6, windows, filters), the same by strip, and space for Z = A^T M: Y with its rows first,
        and with as many as fill the last strip.
        """
        n, h, w, filters = Y.shape
        strips = -(-h // ROWS)
        M = self._space(f"{name} M", (PLANES, strips * n * w, filters), Y.dtype)
        return M, by_strip(M, strips), self._space(f"{name} Z", (strips * ROWS, n, w, filters), Y.dtype)

    def _windows(self, name: str, X: Array, rows: slice, grid: Grid, filters: int) -> Iterator[tuple[slice, Array]]:
        """Some of these images at a time, and the windows of V = B^T d: (6, windows, 3 channels), in the order strip,
        image, column.
        """
        B_T, n = BT.astype(X.dtype), 0
        (_, h, w, channels), (top, left), (out_h, out_w) = X.shape, grid.before, grid.out
        strips, kw = -(-out_h // ROWS), grid.size[1]
        row = out_w + kw - 1, channels
        images = max(1, CHUNK // (PLANES * strips * out_w * (kw * channels + filters) * X.itemsize))
        item = np.dtype((np.void, kw * channels * X.itemsize))  # a window, as copying few numbers at a time is slow
        for start in range(rows.start, rows.stop, images):
            part = slice(start, min(start + images, rows.stop))
            if n != part.stop - start:  # at first, and where the last images are fewer
                n = part.stop - start
                size = n * prod(row)
                padded = self._space(f"{name} padded", (strips * ROWS + PLANES - ROWS, n, *row), X.dtype)
                padded.fill(0)
                inside = padded[top : top + h, :, left : left + w]
                d = view(padded, X.dtype, (strips, PLANES, size), (ROWS * size, size, 1))  # strips share two rows
                V = self._space(f"{name} V", (PLANES, strips * n, *row), X.dtype)
                windows = self._space(f"{name} windows", (PLANES, strips * n * out_w, kw * channels), X.dtype)
                copy = windows.view(item).reshape(-1, out_w)
                overlapping = view(V, item, copy.shape, (prod(row), channels))
            inside[...] = X[part].swapaxes(0, 1)
            np.matmul(B_T, d, out=by_strip(V, strips))
            np.copyto(copy, overlapping)
            yield part, windows

    def _space(self, name: str, shape: Shape, dtype: Any) -> Array:
        """As much of a buffer's memory as this shape takes."""
        return self._buffer(name, (prod(shape),), dtype).reshape(shape)


def by_strip(M: Array, strips: int) -> Array:
    """(6, strips * ..., ...) -> (strips, 6, pixels), the same memory."""
    return M.reshape(len(M), strips, -1).swapaxes(0, 1)


def view(array: Array, dtype: Any, shape: Shape, steps: Shape) -> Array:
    """An array over the memory of a contiguous one, with these steps in its elements from item to item on each axis."""
    return np.ndarray(shape, dtype, array, strides=[step * array.itemsize for step in steps])
