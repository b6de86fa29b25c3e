"""Max pooling."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.layers.pooling.pool import CHUNK, Pool


@dataclass
class MaxPool(Pool):
    """Y = the maximum of each window; dX adds dY at its first maximum, row by row, as PyTorch does."""

    kind: ClassVar[str] = "maxpool"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        def chunk(_: int, x: Array, y: Array) -> None:
            y.fill(-np.inf)
            for windows, place in self._places:
                np.maximum(y[windows], x[place], out=y[windows])

        self.X, self.Y = X, self.buffer("Y", (len(X), *self._out), X.dtype)
        self.threads.each(CHUNK, chunk, X, self.Y)
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        def chunk(piece: int, dx: Array, dy: Array, x: Array, y: Array) -> None:
            hit = self.buffer(f"hit{piece}", y.shape, np.bool_)
            free = self.buffer(f"free{piece}", y.shape, np.bool_)
            share = self.buffer(f"share{piece}", y.shape, dy.dtype)
            free.fill(True)  # no maximum found yet
            if not self._tiled:
                dx.fill(0)
            for windows, place in self._places:
                np.equal(x[place], y[windows], out=hit[windows])
                np.logical_and(hit[windows], free[windows], out=hit[windows])
                np.greater(free[windows], hit[windows], out=free[windows])  # and not hit
                if self._tiled:
                    np.multiply(dy[windows], hit[windows], out=dx[place])
                else:
                    np.multiply(dy[windows], hit[windows], out=share[windows])
                    np.add(dx[place], share[windows], out=dx[place])

        dX = self.buffer("dX", self.X.shape, dY.dtype)
        self.threads.each(CHUNK, chunk, dX, dY, self.X, self.Y)
        return dX
