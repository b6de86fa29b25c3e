"""Layer normalisation."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dnn.base.options import option
from dnn.base.types import Array, Shape
from dnn.layers.base import Layer


@dataclass
class LayerNorm(Layer):
    """Y = γ X̂ + β with X̂ = (X - μ) / √(σ² + ε), for each example by itself, in training as in prediction.

    μ and σ² are mean and variance over all features of the example; γ and β have its shape.

        D = γ dY;  dX = (D - mean(D) - X̂ mean(D X̂)) / √(σ² + ε);  dγ = Σ dY X̂, dβ = Σ dY over the batch

    Source: Ba, Kiros & Hinton 2016, "Layer normalization", eq. 3-4; as PyTorch's LayerNorm(input_shape).
    """

    kind: ClassVar[str] = "layernorm"

    epsilon: float = option(1e-5, "ε, which keeps a constant example from division by 0", least=1e-30)

    def build(self, input_shape: Shape) -> Shape:
        self.parameter_shapes = {"gamma": input_shape, "beta": input_shape}
        self._features = prod(input_shape)
        return input_shape

    def initialize(self, rng: np.random.Generator) -> None:
        self.parameters["gamma"][...] = 1
        self.parameters["beta"][...] = 0

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        rows = X.reshape(len(X), self._features)
        # 1 / √(σ² + ε), step by step in its own memory
        mean, self.inv_std = self._column("mean", rows), self._column("inv_std", rows)
        np.add.reduce(rows, axis=1, keepdims=True, out=mean)
        np.divide(mean, self._features, out=mean)
        self.Xhat = np.subtract(rows, mean, out=self.buffer("Xhat", rows.shape, X.dtype))
        np.einsum("ij,ij->i", self.Xhat, self.Xhat, out=self.inv_std[:, 0])
        np.divide(self.inv_std, self._features, out=self.inv_std)
        np.add(self.inv_std, self.epsilon, out=self.inv_std)
        np.sqrt(self.inv_std, out=self.inv_std)
        np.divide(1, self.inv_std, out=self.inv_std)
        np.multiply(self.Xhat, self.inv_std, out=self.Xhat)
        Y = self.buffer("Y", X.shape, X.dtype)
        np.multiply(self.Xhat.reshape(X.shape), self.parameters["gamma"], out=Y)
        return np.add(Y, self.parameters["beta"], out=Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        rows = dY.reshape(len(dY), self._features)
        np.add.reduce(rows, axis=0, out=self.gradients["beta"].reshape(-1))
        np.einsum("ij,ij->j", rows, self.Xhat, out=self.gradients["gamma"].reshape(-1))
        if not need_dX:
            return dY
        gamma, mean = self.parameters["gamma"].reshape(-1), self._column("mean", rows)
        D = np.multiply(rows, gamma, out=self.buffer("dX", rows.shape, dY.dtype))
        np.einsum("ij,ij->i", D, self.Xhat, out=mean[:, 0])
        np.divide(mean, self._features, out=mean)  # mean(D X̂)
        shift = np.multiply(self.Xhat, mean, out=self.buffer("shift", rows.shape, dY.dtype))
        np.add.reduce(D, axis=1, keepdims=True, out=mean)
        np.divide(mean, self._features, out=mean)  # mean(D)
        np.subtract(D, mean, out=D)
        np.subtract(D, shift, out=D)
        return np.multiply(D, self.inv_std, out=D).reshape(dY.shape)

    def _column(self, name: str, rows: Array) -> Array:
        """A buffer of one number for each example: (batch, 1)."""
        return self.buffer(name, (len(rows), 1), rows.dtype)
