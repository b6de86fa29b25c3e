"""Two-dimensional convolution."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array, Shape
from dnn.initializers import INITIALIZERS, initialize
from dnn.layers.base import Layer
from dnn.layers.convolution.im2col import Im2col
from dnn.layers.convolution.winograd import POINTS, Winograd
from dnn.layers.windows import PADDINGS, SIZE, Grid, Size, make_grid

THIN = 16  # channels below which a product with that many columns is slow
MANY = 4  # channels and filters from which Winograd's algorithm is the faster way


@dataclass
class Conv2D(Layer):
    """Y[n, y, x, f] = b[f] + Σ_{i, j, c} X[n, s y + i - p, s x + j - q, c] W[i, j, c, f], a cross-correlation, with X
    taken as 0 outside; stride s and padding (p, q) as in `make_grid`.

    dW is the sum over the windows times dY. dX is the convolution of dY with the turned W; with a larger stride, or few
    channels, whose products would be thin, the windows' gradients are added up instead.
    `Winograd` computes it for kernels of 3 or 5 rows with stride 1 and enough channels, rounding differently; else
    `Im2col` does.
    For the initializer fan_in is h w channels, fan_out h w filters.

    Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning".
    """

    kind: ClassVar[str] = "conv"

    filters: int = option(doc="number of output channels", least=1)
    kernel: Size = option(doc="height and width of W, or one number for both", kind=SIZE)
    stride: Size = option(1, "steps from window to window, down and to the right, or one number for both", kind=SIZE)
    padding: str = option("valid", "see `make_grid`", choices=PADDINGS)
    initializer: str = option("xavier", "scheme of the starting W", choices=INITIALIZERS)
    bias: bool = option(True, "whether to add b")

    def build(self, input_shape: Shape) -> Shape:
        self._grid = grid = make_grid(self.kind, input_shape, self.kernel, self.stride, self.padding)
        (kh, kw), (h, w, channels) = grid.size, input_shape
        # with stride 1, of dY: its windows are the outputs that a pixel of X is part of
        self._turned = Grid(
            size=grid.size,
            stride=(1, 1),
            out=(h, w),
            before=(kh - 1 - grid.before[0], kw - 1 - grid.before[1]),
            padded=(h + kh - 1, w + kw - 1),
        )
        fits = kh in POINTS and grid.stride == (1, 1)
        self._way: type[Im2col | Winograd] = Winograd if fits and min(channels, self.filters) >= MANY else Im2col
        self._adds = self._way is Im2col and (grid.stride != (1, 1) or channels < THIN)
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
        conv = self._way("X", self._grid, self.buffer)
        U = conv.transform(self.parameters["W"])
        Y = self.buffer("Y", (len(X), *self._grid.out, self.filters), X.dtype)
        if self.bias:  # repeated for a row of the image, as adding few numbers at a time is slow
            b = self.buffer("b", Y.shape[2:], X.dtype)
            b[...] = self.parameters["b"]

        def piece(number: int, x: Array, y: Array) -> None:
            conv.convolve(number, x, U, y)
            if self.bias:
                np.add(y, b, out=y)

        self.threads.run(piece, X, Y, elements=self._work(Y))
        return Y

    def elements(self, input_shape: Shape, output_shape: Shape) -> int:
        working = self._way.elements(self._grid, input_shape[2], self.filters)
        return super().elements(input_shape, output_shape) + working

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        X, W = self.X, self.parameters["W"]
        conv = self._way("X", self._grid, self.buffer)
        back = self._back(conv, W) if need_dX else None
        dX = self.buffer("dX", X.shape, dY.dtype)

        def piece(number: int, x: Array, dy: Array, dx: Array) -> Array:
            if back:
                back(number, dy, dx)
            return conv.correlate(number, x, dy)

        dU, *others = self.threads.run(piece, X, dY, dX, elements=self._work(dY))
        for other in others:
            np.add(dU, other, out=dU)
        conv.gradient(dU, self.gradients["W"])
        if self.bias:
            db = np.add.reduce(dY, axis=(0, 1), out=self.buffer("db", dY.shape[2:], dY.dtype))  # long rows are fast
            np.add.reduce(db, axis=0, out=self.gradients["b"])
        return dX if need_dX else dY

    def _back(self, conv: Im2col | Winograd, W: Array) -> Callable[[int, Array, Array], None]:
        """The way from dY to dX, piece by piece."""
        if isinstance(conv, Im2col) and self._adds:
            return conv.back(W)
        turned = self.buffer("turned", W.swapaxes(2, 3).shape, W.dtype)
        turned[...] = W[::-1, ::-1].swapaxes(2, 3)
        way = self._way("dY", self._turned, self.buffer)
        U = way.transform(turned)
        return lambda piece, dY, dX: way.convolve(piece, dY, U, dX)

    def _work(self, Y: Array) -> int:
        """Multiplications that such an output takes, of which a product does some sixteen in the time of other work on
        an element.
        """
        return Y.size * prod(self.parameter_shapes["W"][:3]) // 16
