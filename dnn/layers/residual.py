"""The residual block."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.kinds import Kind, listed
from dnn.base.options import option
from dnn.base.types import Array, Shape
from dnn.layers.base import Layer, build_all, kept_elements, most_elements


def made(value: Any) -> list[Layer]:
    """The layers of a list in which each is a Layer or its config."""
    from dnn.layers import layer_from_config  # which imports this file

    return [layer if isinstance(layer, Layer) else layer_from_config(layer) for layer in listed(value)]


LAYER_LIST = Kind("a list of layers", made)


@dataclass
class Residual(Layer):
    """Y = F(X) + S(X); dX = the sum of what both pass back of dY.

    Parameters and state of the inner layers are its own, as "0.W" (of the first of `layers`) or "shortcut.0.W".

    Source: He et al. 2016, "Deep residual learning for image recognition", eq. 1 and 2.
    """

    kind: ClassVar[str] = "residual"

    layers: Sequence[Any] = option(doc="F, at least one layer, each a Layer or its config", kind=LAYER_LIST)
    shortcut: Sequence[Any] = option((), "S, the same; empty means S(X) = X", kind=LAYER_LIST)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.layers:
            raise InputError("residual: layers is empty; give at least one layer")

    def build(self, input_shape: Shape) -> Shape:
        self._shapes = build_all(self.layers, input_shape, "residual layer")
        self._short_shapes = build_all(self.shortcut, input_shape, "shortcut layer")
        out, short = self._shapes[-1], [input_shape, *self._short_shapes][-1]
        if out != short:
            advice = "change either" if self.shortcut else "give it a shortcut that changes the shape"
            raise InputError(f"residual: its layers answer {out}, its shortcut {short}; {advice}")
        self.parameter_shapes = self._gathered("parameter_shapes")
        self.state_shapes = self._gathered("state_shapes")
        return out

    def bind(self, parameters: dict[str, Array], gradients: dict[str, Array], state: dict[str, Array]) -> None:
        super().bind(parameters, gradients, state)
        for prefix, layer in self._named():
            names, state_names = layer.parameter_shapes, layer.state_shapes
            layer.bind(
                {name: parameters[prefix + name] for name in names},
                {name: gradients[prefix + name] for name in names},
                {name: state[prefix + name] for name in state_names},
            )

    def initialize(self, rng: np.random.Generator) -> None:
        for layer in self.inner():
            layer.initialize(rng)

    def inner(self) -> Sequence[Layer]:
        return [*self.layers, *self.shortcut]

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        F = S = X
        for layer in self.layers:
            F = layer.forward(F, training, rng)
        for layer in self.shortcut:
            S = layer.forward(S, training, rng)
        return np.add(F, S, out=self.buffer("Y", F.shape, F.dtype))

    def predict(self, X: Array) -> Array:
        F = S = X
        for layer in self.layers:
            F = layer.predict(F)
        for layer in self.shortcut:
            S = layer.predict(S)
        return np.add(F, S)

    def elements(self, input_shape: Shape, output_shape: Shape) -> int:
        inner = max(
            most_elements(self.layers, input_shape, self._shapes),
            most_elements(self.shortcut, input_shape, self._short_shapes),
        )
        return prod(input_shape) + prod(output_shape) + inner  # X, F, and what an inner layer needs

    def kept_elements(self, input_shape: Shape, output_shape: Shape) -> int:
        inner = kept_elements(self.layers, input_shape, self._shapes)
        short = kept_elements(self.shortcut, input_shape, self._short_shapes)
        return super().kept_elements(input_shape, output_shape) + inner + short

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        dF = dS = dY
        for index in reversed(range(len(self.layers))):
            dF = self.layers[index].backward(dF, need_dX or index > 0)
        for index in reversed(range(len(self.shortcut))):
            dS = self.shortcut[index].backward(dS, need_dX or index > 0)
        if not need_dX:
            return dY
        return np.add(dF, dS, out=self.buffer("dX", dF.shape, dF.dtype))

    def config(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "layers": [layer.config() for layer in self.layers],
            "shortcut": [layer.config() for layer in self.shortcut],
        }

    def _named(self) -> list[tuple[str, Layer]]:
        """The inner layers, each with what its names begin with here."""
        inner = [(f"{i}.", layer) for i, layer in enumerate(self.layers)]
        return inner + [(f"shortcut.{i}.", layer) for i, layer in enumerate(self.shortcut)]

    def _gathered(self, attribute: str) -> dict[str, Shape]:
        """The shapes of all inner layers under their names here."""
        return {prefix + n: shape for prefix, layer in self._named() for n, shape in getattr(layer, attribute).items()}
