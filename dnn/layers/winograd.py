"""3x3 convolution from half the multiplications."""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from dnn.layers.windows import Grid
from dnn.types import Array, Shape

ROWS, PLANES = 4, 6  # m = 4 outputs of a filter with r = 3 weights take m + r - 1 = 6 products
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
CHUNK = 1 << 20  # bytes of windows and products at a time: what a core's cache holds


class Winograd:
    """Y[n, y, x, f] = Σ_{i, j, c} X[n, y + i - p, x + j - q, c] W[i, j, c, f] for 3x3 weights, by Winograd's F(4, 3):
    four outputs of a filter g with three weights, from six inputs d,

        y = A^T [(G g) ⊙ (B^T d)],

    take six products in place of twelve. Here an input is a row of an image, a weight is a row of W, and their product
    is a convolution along the row: six matrix products give four rows of the output, a strip. Only the rows are
    transformed, not rows and columns as in the paper's F(4x4, 3x3): that would save more products, but passes over the
    memory cost NumPy more than they save, and it rounds worse.

    With V = B^T d, U = G g and dM = A dY the gradient of the weights is dW = G^T dU, dU = V^T dM for each plane.

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
            M, strips, Y_part = self._products(name, Y[part])
            np.matmul(V, U, out=M)
            np.matmul(A_T, by_strip(M, len(strips)), out=strips)
            Y_part[...] = strips.reshape(-1, *Y_part.shape[1:])[: len(Y_part)]

    def correlate(self, name: str, X: Array, rows: slice, grid: Grid, dY: Array, dU: Array, share: Array) -> None:
        """dU = the sum of V^T (A dY) over the images X[rows]; `share` is space for another dU."""
        A = np.ascontiguousarray(AT.T, X.dtype)
        dU.fill(0)
        for part, V in self._windows(name, X, rows, grid, dU.shape[-1]):
            dM, strips, dY_part = self._products(name, dY[part])
            flat = strips.reshape(-1, *dY_part.shape[1:])
            flat[: len(dY_part)] = dY_part
            flat[len(dY_part) :] = 0
            np.matmul(A, strips, out=by_strip(dM, len(strips)))
            np.matmul(V.swapaxes(1, 2), dM, out=share)
            np.add(dU, share, out=dU)

    def _products(self, name: str, Y: Array) -> tuple[Array, Array, Array]:
        """Space for M, (6, windows, filters), and for the strips it makes, (strips, 4, pixels); Y with rows first."""
        n, h, w, filters = Y.shape
        strips = -(-h // ROWS)
        M = self._space(f"{name} M", (PLANES, strips * n * w, filters), Y.dtype)
        return M, self._space(f"{name} strips", (strips, ROWS, n * w * filters), Y.dtype), Y.swapaxes(0, 1)

    def _windows(self, name: str, X: Array, rows: slice, grid: Grid, filters: int) -> Iterator[tuple[slice, Array]]:
        """Some of these images at a time, and V = B^T d with a row of 3 channels elements for each window: (6, windows,
        3 channels), windows in the order strip, image, column.
        """
        B_T = BT.astype(X.dtype)
        (_, h, w, channels), (top, left), (out_h, out_w) = X.shape, grid.before, grid.out
        strips, kw = -(-out_h // ROWS), grid.size[1]
        row = out_w + kw - 1, channels
        images = max(1, CHUNK // (PLANES * strips * out_w * (kw * channels + filters) * X.itemsize))
        for start in range(rows.start, rows.stop, images):
            part = slice(start, min(start + images, rows.stop))
            n = part.stop - part.start
            padded = self._space(f"{name} padded", (strips * ROWS + PLANES - ROWS, n, *row), X.dtype)
            padded.fill(0)
            padded[top : top + h, :, left : left + w] = X[part].swapaxes(0, 1)
            size = n * prod(row)
            d = view(padded, padded.dtype, (strips, PLANES, size), (ROWS * size, size, 1))  # strips share two rows
            V = self._space(f"{name} V", (PLANES, strips * n, *row), X.dtype)
            np.matmul(B_T, d, out=by_strip(V, strips))
            windows = self._space(f"{name} windows", (PLANES, strips * n * out_w, kw * channels), X.dtype)
            item = np.dtype((np.void, kw * channels * X.itemsize))  # a window, as copying few numbers at a time is slow
            shape = PLANES * strips * n, out_w
            np.copyto(windows.view(item).reshape(shape), view(V, item, shape, (prod(row), channels)))
            yield part, windows

    def _space(self, name: str, shape: Shape, dtype: Any) -> Array:
        """Of the buffer's memory as much as this shape takes: the last images of a piece are fewer."""
        return self._buffer(name, (prod(shape),), dtype).reshape(shape)


def by_strip(M: Array, strips: int) -> Array:
    """(6, strips * ..., ...) -> (strips, 6, pixels), the same memory."""
    return M.reshape(len(M), strips, -1).swapaxes(0, 1)


def view(array: Array, dtype: Any, shape: Shape, steps: Shape) -> Array:
    """An array over the memory of a contiguous one, with these steps in its elements from item to item on each axis."""
    return np.ndarray(shape, dtype, array, strides=[step * array.itemsize for step in steps])
