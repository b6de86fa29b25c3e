"""Convolution from half the multiplications, or fewer."""

from collections.abc import Callable, Iterator
from functools import cache
from math import prod
from typing import Any

import numpy as np

from dnn.base.threads import chunks
from dnn.base.types import Array, Shape
from dnn.layers.windows import Grid

ROWS = 4  # outputs of a filter that are computed together
POINTS = {3: (0, 1, -1, 2, -2), 5: (0, 1, -1, 2, -2, 0.5, -0.5)}  # for filters of so many weights
CHUNK = 1 << 20  # bytes of windows and products at a time: few enough for the caches, and enough that calls are few


class Winograd:
    """The convolution of `Conv2D` with stride 1, by Winograd's F(4, h) for kernels of h rows, 3 or 5 of them: the four
    outputs of a filter g with h weights, over the 3 + h inputs d, are

        y = Aᵀ [(G g) ⊙ (Bᵀ d)],

    3 + h products in place of 4 h. Here d are rows of an image, g the rows of W, and the product of two rows is a
    convolution along them, a matrix product with their windows; y are four rows of Y, a strip. The paper's
    F(2x2, 3x3), which transforms columns too, takes fewer products but is slower in NumPy, whose every sum is a pass
    over the memory.

    Its rounding is that of the largest row of a strip, and what is infinite or not a number spreads over the strip.

    With V the windows along the rows of Bᵀ d, U = G g, and M = V U for each of the 3 + h planes, Y = Aᵀ M. Backwards
    dM = A dY, dU = Vᵀ dM, and dW = Gᵀ dU.

    Memory lies in the order row, image, column, channel. One row of all images is a long vector then, and each product
    with A, B or G adds up few of them.

    Args:
        name, grid, buffer: as of `dnn.layers.convolution.im2col.Im2col`.

    Source: Lavin & Gray 2016, "Fast algorithms for convolutional neural networks", section 4.
    """

    def __init__(self, name: str, grid: Grid, buffer: Callable[[str, Shape, Any], Array]) -> None:
        self._name, self._grid, self._buffer = name, grid, buffer
        self._strips = -(-grid.out[0] // ROWS)  # of which the last one may reach beyond the image
        self._planes, self._width = ROWS + grid.size[0] - 1, grid.size[1]
        self._matrices = matrices(grid.size[0])

    @staticmethod
    def elements(grid: Grid, channels: int, filters: int) -> int:
        """Numbers in its buffers for each image in `convolve`: padded, T, V, M and Z, as if all rows were in strips."""
        (height, width), strips, w = grid.size, -(-grid.out[0] // ROWS), grid.out[1]
        planes, padded_row = ROWS + height - 1, (w + width - 1) * channels
        padded = (strips * ROWS + height - 1) * padded_row
        T, V = planes * strips * padded_row, planes * strips * w * width * channels
        return padded + T + V + (planes + ROWS) * strips * w * filters

    def transform(self, W: Array) -> Array:
        """U = G g: (h, w, channels, filters) -> (planes, w channels, filters)."""
        kh, kw, channels, filters = W.shape
        U = self._buffer(f"{self._name} U", (self._planes, kw * channels, filters), W.dtype)
        np.matmul(self._matrices[1].astype(W.dtype), W.reshape(kh, -1), out=U.reshape(self._planes, -1))
        return U

    def gradient(self, dU: Array, dW: Array) -> None:
        """Write dW = Gᵀ dU."""
        kh = len(dW)
        np.matmul(self._matrices[1].T.astype(dU.dtype), dU.reshape(self._planes, -1), out=dW.reshape(kh, -1))

    def convolve(self, piece: int, X: Array, U: Array, Y: Array) -> None:
        """Y = Aᵀ (V U), with buffers that belong to this piece of the batch."""
        A_T = self._matrices[0].astype(X.dtype)
        for V, y in self._windows(piece, X, Y):
            M, planes, Z = self._products(piece, y)
            np.matmul(V, U, out=M)
            np.matmul(A_T, planes, out=Z.reshape(self._strips, ROWS, -1))
            y[...] = Z[: y.shape[1]].swapaxes(0, 1)

    def correlate(self, piece: int, X: Array, dY: Array) -> Array:
        """dU = Vᵀ (A dY), with buffers that belong to this piece of the batch."""
        A = np.ascontiguousarray(self._matrices[0].T, X.dtype)
        shape = self._planes, self._width * X.shape[-1], dY.shape[-1]
        dU, share = self._space(piece, "dU", shape, X.dtype), self._space(piece, "share", shape, X.dtype)
        dU.fill(0)
        for V, dy in self._windows(piece, X, dY):
            dM, planes, dZ = self._products(piece, dy)
            dZ[: dy.shape[1]] = dy.swapaxes(0, 1)
            dZ[dy.shape[1] :] = 0
            np.matmul(A, dZ.reshape(self._strips, ROWS, -1), out=planes)
            np.matmul(V.swapaxes(1, 2), dM, out=share)
            np.add(dU, share, out=dU)
        return dU

    def _windows(self, piece: int, X: Array, Y: Array) -> Iterator[tuple[Array, Array]]:
        """For some images at a time V, (planes, windows, w channels), and what Y has of them."""
        B_T, w, strips, channels, n = self._matrices[2].astype(X.dtype), self._grid.out[1], self._strips, X.shape[-1], 0
        row = self._planes * strips * w * (self._width * channels + Y.shape[-1]) * X.itemsize
        # The pixels of a window in a row lie side by side, and the next window begins a pixel further on. Taken as one
        # item of many bytes (NumPy's void) a window is copied much faster than as a few numbers.
        item = np.dtype((np.void, self._width * channels * X.itemsize))
        for x, y in chunks(CHUNK, X, Y, row=row):
            if len(x) != n:  # at first, and where the last images are fewer
                n = len(x)
                inside, d = self._padded(piece, x)
                T = self._space(piece, "T", (self._planes, strips, n, w + self._width - 1, channels), X.dtype)
                overlapping = view(
                    T, item, (self._planes * strips * n, w), ((w + self._width - 1) * channels, channels)
                )
                V = self._space(piece, "V", (self._planes, strips * n * w, self._width * channels), X.dtype)
                copy = V.view(item).reshape(overlapping.shape)
            inside[...] = x.swapaxes(0, 1)
            np.matmul(B_T, d, out=self._by_strip(T))
            np.copyto(copy, overlapping)
            yield V, y

    def _padded(self, piece: int, X: Array) -> tuple[Array, Array]:
        """Padding of 0 around space for images X, (height, images, width, channels): that space, and a view of the rows
        that each strip depends on, (strips, planes, pixels), some of which it shares with the next.
        """
        n, h, w, channels = X.shape
        top, left = self._grid.before
        shape = self._strips * ROWS + self._planes - ROWS, n, self._grid.out[1] + self._width - 1, channels
        padded = self._space(piece, "padded", shape, X.dtype)
        padded.fill(0)
        row = prod(shape[1:])
        d = view(padded, X.dtype, (self._strips, self._planes, row), (ROWS * row, row, 1))
        return padded[top : top + h, :, left : left + w], d

    def _products(self, piece: int, Y: Array) -> tuple[Array, Array, Array]:
        """Space for M = V U, (planes, windows, filters), the same by strip, and space for Aᵀ M: Y with its rows first,
        and with as many as fill the last strip.
        """
        n, _, w, filters = Y.shape
        M = self._space(piece, "M", (self._planes, self._strips * n * w, filters), Y.dtype)
        Z = self._space(piece, "Z", (self._strips * ROWS, n, w, filters), Y.dtype)
        return M, self._by_strip(M), Z

    def _by_strip(self, M: Array) -> Array:
        """(planes, strips * ..., ...) -> (strips, planes, pixels), the same memory."""
        return M.reshape(self._planes, self._strips, -1).swapaxes(0, 1)

    def _space(self, piece: int, name: str, shape: Shape, dtype: Any) -> Array:
        """A buffer that belongs to this piece of the batch."""
        return self._buffer(f"{self._name}{piece} {name}", shape, dtype)


def view(array: Array, dtype: Any, shape: Shape, steps: Shape) -> Array:
    """An array over the memory of a contiguous one, with these steps in its elements from item to item on each axis."""
    return np.ndarray(shape, dtype, array, strides=[step * array.itemsize for step in steps])


@cache
def matrices(weights: int) -> tuple[Array, Array, Array]:
    """Aᵀ, G and Bᵀ of F(4, weights), by Toom and Cook: two polynomials are known at the points p, and so is their
    product, which Lagrange's formula gives back from there; the last column of Aᵀ and the last rows of G and Bᵀ are
    those of the point at infinity.

    Source: Lavin & Gray 2016, section 4; Blahut 2010, "Fast algorithms for signal processing", section 5.
    """
    points = np.array(POINTS[weights], float)
    count = len(points)
    A_T, G, B_T = np.zeros((ROWS, count + 1)), np.zeros((count + 1, weights)), np.zeros((count + 1, count + 1))
    for place, p in enumerate(points):
        others = np.delete(points, place)
        A_T[:, place] = p ** np.arange(ROWS)
        G[place] = p ** np.arange(weights) / np.prod(p - others)
        B_T[place, :count] = np.poly(others)[::-1]  # the coefficients of Π (x - others), the constant first
    A_T[-1, -1] = G[-1, -1] = 1
    B_T[-1] = np.poly(points)[::-1]
    return A_T, G, B_T
