"""Average pooling."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.types import Array
from dnn.layers.pooling.pool import CHUNK, Pool


@dataclass
class AveragePool(Pool):
    """Y = the mean of the elements of each window that are inside of the input; dX adds dY / their number."""

    kind: ClassVar[str] = "avgpool"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        def chunk(_: int, x: Array, y: Array) -> None:
            y.fill(0)
            for windows, place in self._places:
                np.add(y[windows], x[place], out=y[windows])
            np.multiply(y, self.weight, out=y)

        self.weight = self.buffer("weight", (1, *self._out), X.dtype)  # 1 / number of elements, window by window
        self.weight.fill(0)
        for windows, _ in self._places:
            self.weight[windows] += 1
        np.reciprocal(self.weight, out=self.weight)
        Y = self.buffer("Y", (len(X), *self._out), X.dtype)
        self.threads.each(CHUNK, chunk, X, Y)
        return Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        def chunk(piece: int, dx: Array, dy: Array) -> None:
            share = np.multiply(dy, self.weight, out=self.buffer(f"share{piece}", dy.shape, dy.dtype))
            dx.fill(0)
            for windows, place in self._places:
                np.add(dx[place], share[windows], out=dx[place])

        dX = self.buffer("dX", (len(dY), *self._input_shape), dY.dtype)
        self.threads.each(CHUNK, chunk, dX, dY)
        return dX
