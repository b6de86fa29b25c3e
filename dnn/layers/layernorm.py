"""Layer normalisation."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array, Shape
from dnn.layers.base import Layer


@dataclass
class LayerNorm(Layer):
    """Y = γ X̂ + β with X̂ = (X - μ) / √(σ² + ε), for each example by itself, in training as in prediction.

    μ and σ² are mean and variance over all features of the example; γ and β have its shape.

        D = γ dY;  dX = (D - mean(D) - X̂ mean(D X̂)) / √(σ² + ε);  dγ = Σ dY X̂, dβ = Σ dY over the batch

    Args:
        epsilon: ε, above 0.

    Source: Ba, Kiros & Hinton 2016, "Layer normalization", eq. 3-4; as PyTorch's LayerNorm(input_shape).
    """

    kind: ClassVar[str] = "layernorm"

    epsilon: float = 1e-5

    def build(self, input_shape: Shape) -> Shape:
        if not 0 < self.epsilon < np.inf:
            raise InputError(f"layernorm: epsilon is {self.epsilon}, it should be above 0 and finite")
        self.parameter_shapes = {"gamma": input_shape, "beta": input_shape}
        return input_shape

    def initialize(self, rng: np.random.Generator) -> None:
        self.parameters["gamma"][...] = 1
        self.parameters["beta"][...] = 0

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        rows = X.reshape(len(X), -1)
        self.inv_std, mean = self._columns(rows)
        np.add.reduce(rows, axis=1, keepdims=True, out=mean)
        np.divide(mean, rows.shape[1], out=mean)
        self.Xhat = np.subtract(rows, mean, out=self.buffer("Xhat", rows.shape, X.dtype))
        np.einsum("ij,ij->i", self.Xhat, self.Xhat, out=self.inv_std[:, 0])
        np.divide(self.inv_std, rows.shape[1], out=self.inv_std)
        np.add(self.inv_std, self.epsilon, out=self.inv_std)
        np.sqrt(self.inv_std, out=self.inv_std)
        np.divide(1, self.inv_std, out=self.inv_std)
        np.multiply(self.Xhat, self.inv_std, out=self.Xhat)
        Y = self.buffer("Y", X.shape, X.dtype)
        np.multiply(self.Xhat.reshape(X.shape), self.parameters["gamma"], out=Y)
        return np.add(Y, self.parameters["beta"], out=Y)

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dgamma, dbeta = (gradient.reshape(-1) for gradient in self.gradients.values())
        rows = dY.reshape(len(dY), -1)
        np.add.reduce(rows, axis=0, out=dbeta)
        np.einsum("ij,ij->j", rows, self.Xhat, out=dgamma)
        if not need_dX:
            return dY
        D = np.multiply(rows, self.parameters["gamma"].reshape(-1), out=self.buffer("dX", rows.shape, dY.dtype))
        _, mean = self._columns(rows)
        np.einsum("ij,ij->i", D, self.Xhat, out=mean[:, 0])
        np.divide(mean, rows.shape[1], out=mean)
        shift = np.multiply(self.Xhat, mean, out=self.buffer("shift", rows.shape, dY.dtype))
        np.add.reduce(D, axis=1, keepdims=True, out=mean)
        np.divide(mean, rows.shape[1], out=mean)
        np.subtract(D, mean, out=D)
        np.subtract(D, shift, out=D)
        return np.multiply(D, self.inv_std, out=D).reshape(dY.shape)

    def _columns(self, rows: Array) -> tuple[Array, Array]:
        """Two buffers of one number for each example: (batch, 1)."""
        shape = (len(rows), 1)
        return self.buffer("inv_std", shape, rows.dtype), self.buffer("mean", shape, rows.dtype)
