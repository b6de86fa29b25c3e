"""Activation functions, without parameters: each element on its own, but for softmax."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array, Shape
from dnn.layers.base import Layer


@dataclass
class ReLU(Layer):
    """Y = max(X, 0); dX = dY where Y > 0, else 0. The slope at 0 is taken as 0.

    Source: Glorot, Bordes & Bengio 2011, "Deep sparse rectifier neural networks".
    """

    kind: ClassVar[str] = "relu"

    def build(self, input_shape: Shape) -> Shape:
        self._zeros = np.zeros(input_shape, np.float32)  # np.maximum takes twice as long with the number 0
        return input_shape

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.Y = self.buffer("Y", X.shape, X.dtype)
        self.threads.apply(np.maximum, X, self._zeros, out=self.Y)
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        mask, dX = self.buffer("mask", dY.shape, np.bool_), self.buffer("dX", dY.shape, dY.dtype)
        self.threads.apply(np.greater, self.Y, 0, out=mask)
        self.threads.apply(np.multiply, dY, mask, out=dX)
        return dX


@dataclass
class LeakyReLU(Layer):
    """Y = max(X, s X); dX = dY where X > 0, else s dY.

    Args:
        slope: s in [0, 1).

    Source: Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural network acoustic models", eq. 2.
    """

    kind: ClassVar[str] = "leaky_relu"

    slope: float = 0.01

    def build(self, input_shape: Shape) -> Shape:
        if not 0 <= self.slope < 1:
            raise InputError(f"leaky_relu: slope is {self.slope}, allowed are 0 <= slope < 1")
        return input_shape

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.X = X
        Y = np.multiply(X, self.slope, out=self.buffer("Y", X.shape, X.dtype))
        return np.maximum(X, Y, out=Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.greater(self.X, 0, out=self.buffer("dX", dY.shape, dY.dtype), casting="unsafe")  # 1 or 0
        np.multiply(dX, 1 - self.slope, out=dX)
        np.add(dX, self.slope, out=dX)
        return np.multiply(dY, dX, out=dX)


@dataclass
class ELU(Layer):
    """Y = X where X > 0, else α (exp(X) - 1); dX = dY where X > 0, else α exp(X) dY.

    Args:
        alpha: α, above 0: -α is what Y tends to.

    Source: Clevert, Unterthiner & Hochreiter 2016, "Fast and accurate deep network learning by exponential linear
    units", eq. 15.
    """

    kind: ClassVar[str] = "elu"

    alpha: float = 1.0

    def build(self, input_shape: Shape) -> Shape:
        if not 0 < self.alpha < np.inf:
            raise InputError(f"elu: alpha is {self.alpha}, it should be above 0 and finite")
        return input_shape

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.X = X
        self.E = np.minimum(X, 0, out=self.buffer("E", X.shape, X.dtype))
        np.exp(self.E, out=self.E)  # 1 where X > 0. expm1 takes five times as long and differs by a rounding error
        Y = np.multiply(self.E, self.alpha, out=self.buffer("Y", X.shape, X.dtype))
        np.subtract(Y, self.alpha, out=Y)
        positive = np.maximum(X, 0, out=self.buffer("positive", X.shape, X.dtype))
        return np.add(Y, positive, out=Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = self.buffer("dX", dY.shape, dY.dtype)
        if self.alpha == 1:
            return np.multiply(dY, self.E, out=dX)
        np.multiply(self.E, self.alpha, out=dX)
        rest = np.greater(self.X, 0, out=self.buffer("positive", dY.shape, dY.dtype), casting="unsafe")
        np.multiply(rest, 1 - self.alpha, out=rest)
        np.add(dX, rest, out=dX)
        return np.multiply(dY, dX, out=dX)


@dataclass
class Tanh(Layer):
    """Y = tanh(X); dX = dY (1 - Y²)."""

    kind: ClassVar[str] = "tanh"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.Y = np.tanh(X, out=self.buffer("Y", X.shape, X.dtype))
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.square(self.Y, out=self.buffer("dX", dY.shape, dY.dtype))
        np.subtract(1, dX, out=dX)
        return np.multiply(dY, dX, out=dX)


@dataclass
class Sigmoid(Layer):
    """Y = 1 / (1 + exp(-X)); dX = dY Y (1 - Y)."""

    kind: ClassVar[str] = "sigmoid"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.Y = logistic(X, out=self.buffer("Y", X.shape, X.dtype))
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.subtract(1, self.Y, out=self.buffer("dX", dY.shape, dY.dtype))
        np.multiply(dX, self.Y, out=dX)
        return np.multiply(dY, dX, out=dX)


@dataclass
class SiLU(Layer):
    """Y = X s with s = 1 / (1 + exp(-X)); dX = dY (s + Y (1 - s)). Also known as Swish.

    Source: Elfwing, Uchibe & Doya 2018, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", eq. 6 and 8; Ramachandran, Zoph & Le 2017, "Searching for activation functions".
    """

    kind: ClassVar[str] = "silu"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        self.s = logistic(X, out=self.buffer("s", X.shape, X.dtype))
        self.Y = np.multiply(X, self.s, out=self.buffer("Y", X.shape, X.dtype))
        return self.Y

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.subtract(1, self.s, out=self.buffer("dX", dY.shape, dY.dtype))
        np.multiply(dX, self.Y, out=dX)
        np.add(dX, self.s, out=dX)
        return np.multiply(dY, dX, out=dX)


@dataclass
class GELU(Layer):
    """Y = X Φ(X); dX = dY (Φ(X) + X φ(X)), with Φ and φ the distribution function and density of the standard normal.

    The exact form, not the approximation by tanh. Source: Hendrycks & Gimpel 2016, "Gaussian error linear units".
    """

    kind: ClassVar[str] = "gelu"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        from scipy.special import ndtr  # loaded only where it is used: it takes as long as a prediction

        self.X = X
        self.P = ndtr(X, out=self.buffer("P", X.shape, X.dtype))
        return np.multiply(X, self.P, out=self.buffer("Y", X.shape, X.dtype))

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dX = np.clip(self.X, -40, 40, out=self.buffer("dX", dY.shape, dY.dtype))  # beyond it φ is 0, X² may overflow
        np.square(dX, out=dX)
        np.multiply(dX, -0.5, out=dX)
        np.exp(dX, out=dX)
        np.multiply(dX, (2 * np.pi) ** -0.5, out=dX)
        np.multiply(dX, self.X, out=dX)
        np.add(dX, self.P, out=dX)
        return np.multiply(dY, dX, out=dX)


@dataclass
class Softmax(Layer):
    """Y_k = exp(X_k) / Σ_j exp(X_j) over the last axis; dX = Y (dY - Σ_k dY_k Y_k).

    For gates inside a network. A classifier ends in logits: its loss contains the softmax.

    Source: Bridle 1990, "Training stochastic model recognition algorithms as networks can lead to maximum mutual
    information estimation of parameters".
    """

    kind: ClassVar[str] = "softmax"

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        row = self.buffer("row", (*X.shape[:-1], 1), X.dtype)
        np.maximum.reduce(X, axis=-1, keepdims=True, out=row)
        self.Y = np.subtract(X, row, out=self.buffer("Y", X.shape, X.dtype))  # at most 0: exp cannot overflow
        np.exp(self.Y, out=self.Y)
        np.add.reduce(self.Y, axis=-1, keepdims=True, out=row)
        return np.divide(self.Y, row, out=self.Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        row = self.buffer("row", (*dY.shape[:-1], 1), dY.dtype)
        dX = np.multiply(dY, self.Y, out=self.buffer("dX", dY.shape, dY.dtype))
        np.add.reduce(dX, axis=-1, keepdims=True, out=row)
        np.subtract(dY, row, out=dX)
        return np.multiply(dX, self.Y, out=dX)


def logistic(X: Array, out: Array) -> Array:
    """1 / (1 + exp(-X)) = (1 + tanh(X / 2)) / 2, which cannot overflow."""
    np.multiply(X, 0.5, out=out)
    np.tanh(out, out=out)
    np.add(out, 1, out=out)
    return np.multiply(out, 0.5, out=out)
