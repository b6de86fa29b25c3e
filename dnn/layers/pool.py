"""Pooling: of each window its maximum or its mean."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array, Shape
from dnn.layers.base import Layer
from dnn.layers.windows import Size, make_grid, places

CHUNK = 1 << 19  # bytes of input that are worked on at a time, which then stay in the second-level cache


@dataclass
class Pool(Layer):
    """What max and average pooling share: for each place in a window, one pass over all the windows.

    Places outside of the input never count.

    Args:
        size: height and width of a window, or one number for both.
        stride: steps between windows, likewise; None means `size`.
        padding: 'valid' or 'same', as in `make_grid`.
    """

    size: Size
    stride: Size | None = None
    padding: str = "valid"

    def build(self, input_shape: Shape) -> Shape:
        stride = self.size if self.stride is None else self.stride
        grid = make_grid(self.kind, input_shape, self.size, stride, self.padding)
        rows, columns = (list(places(*axis)) for axis in zip(*grid[:4], input_shape[:2], strict=True))
        # (index into the windows, index into the input), row by row
        self._places = [((slice(None), r, c), (slice(None), i, j)) for r, i in rows for c, j in columns]
        # every element in exactly one window: nothing to add up, and nothing to leave at 0
        self._tiled = grid.size == grid.stride and all(
            o * k == e for o, k, e in zip(grid.out, grid.size, input_shape[:2], strict=True)
        )
        self._out = (*grid.out, input_shape[2])
        return self._out

    def _chunks(self, X: Array, work: Callable[[slice, int], None]) -> None:
        """work(images, piece) for slices of the batch of about `CHUNK` bytes of X; a piece runs in one thread."""
        self._shape = X.shape
        images = max(1, CHUNK * len(X) // max(1, X.nbytes))

        def piece(number: int, rows: slice) -> None:
            for start in range(rows.start, rows.stop, images):
                work(slice(start, min(start + images, rows.stop)), number)

        self.threads.run(piece, len(X), X.size)


@dataclass
class MaxPool(Pool):
    """Y = the maximum of each window; dX adds dY at its first maximum, row by row, as PyTorch does."""

    kind: ClassVar[str] = "maxpool"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.X, self.Y = X, self.buffer("Y", (len(X), *self._out), X.dtype)

        def chunk(part: slice, _: int) -> None:
            x, y = X[part], self.Y[part]
            y.fill(-np.inf)
            for window, place in self._places:
                np.maximum(y[window], x[place], out=y[window])

        self._chunks(X, chunk)
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = self.buffer("dX", self.X.shape, dY.dtype)

        def chunk(part: slice, piece: int) -> None:
            x, y, dx, dy = self.X[part], self.Y[part], dX[part], dY[part]
            hit = self.buffer(f"hit{piece}", y.shape, np.bool_)
            free = self.buffer(f"free{piece}", y.shape, np.bool_)
            share = self.buffer(f"share{piece}", y.shape, dY.dtype)
            free.fill(True)  # no maximum found yet
            if not self._tiled:
                dx.fill(0)
            for window, place in self._places:
                np.equal(x[place], y[window], out=hit[window])
                np.logical_and(hit[window], free[window], out=hit[window])
                np.greater(free[window], hit[window], out=free[window])
                np.multiply(dy[window], hit[window], out=dx[place] if self._tiled else share[window])
                if not self._tiled:
                    np.add(dx[place], share[window], out=dx[place])

        self._chunks(dX, chunk)
        return dX


@dataclass
class AveragePool(Pool):
    """Y = the mean of the elements of each window that are inside of the input; dX adds dY / their number."""

    kind: ClassVar[str] = "avgpool"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        Y = self.buffer("Y", (len(X), *self._out), X.dtype)
        self.weight = self.buffer("weight", (1, *self._out), X.dtype)
        self.weight.fill(0)
        for window, _ in self._places:
            self.weight[window] += 1
        np.reciprocal(self.weight, out=self.weight)

        def chunk(part: slice, _: int) -> None:
            x, y = X[part], Y[part]
            y.fill(0)
            for window, place in self._places:
                np.add(y[window], x[place], out=y[window])
            np.multiply(y, self.weight, out=y)

        self._chunks(X, chunk)
        return Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = self.buffer("dX", (len(dY), *self._shape[1:]), dY.dtype)

        def chunk(part: slice, piece: int) -> None:
            dx, dy = dX[part], dY[part]
            share = np.multiply(dy, self.weight, out=self.buffer(f"share{piece}", dy.shape, dY.dtype))
            dx.fill(0)
            for window, place in self._places:
                np.add(dx[place], share[window], out=dx[place])

        self._chunks(dX, chunk)
        return dX


@dataclass
class GlobalAveragePool(Layer):
    """Y[n, c] = the mean of X[n, :, :, c]; dX = dY / (height width) everywhere.

    Source: Lin, Chen & Yan 2014, "Network in network", section 3.2.
    """

    kind: ClassVar[str] = "globalavgpool"

    def build(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise InputError(f"globalavgpool needs (height, width, channels) as input, got {input_shape}")
        self._area = input_shape[:2]
        return input_shape[2:]

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        Y = self.buffer("Y", (len(X), X.shape[3]), X.dtype)
        return np.multiply(np.add.reduce(X, axis=(1, 2), out=Y), 1 / prod(self._area), out=Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = self.buffer("dX", (len(dY), *self._area, dY.shape[1]), dY.dtype)
        return np.multiply(dY[:, None, None], 1 / prod(self._area), out=dX)
