"""A stack of layers over one flat parameter vector."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from dnn.errors import InputError
from dnn.layers import ACTIVATIONS, LAYERS, Dense, Dropout, Layer, layer_from_config
from dnn.types import Array, Shape

PREDICT_BATCH = 512  # rows that a prediction takes at a time: large enough for BLAS, small enough for the cache


class Network:
    """Layers applied in order, from inputs of `input_shape` to logits.

    All parameters are views into `params`, one flat vector, and their gradients views into `grads`: an optimizer
    step, a copy or a norm is a few operations on one array.

    Args:
        layers: at least one; the network takes them over.
        input_shape: shape of one example.
        dtype: float32 for training, float64 for gradient checks.

    Raises:
        InputError: a layer does not fit the output of the one before; the message names its number, its kind and the
        shapes.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape, dtype: Any = np.float32) -> None:
        self.layers = list(layers)
        self.input_shape = shape = tuple(input_shape)
        self.output_shapes: list[Shape] = []
        for number, layer in enumerate(self.layers, start=1):
            try:
                shape = layer.build(shape)
            except InputError as error:
                raise InputError(f"layer {number} of {len(self.layers)}: {error}") from None
            self.output_shapes.append(shape)
        size = sum(prod(shape) for layer in self.layers for shape in layer.parameter_shapes.values())
        self.params = np.zeros(size, dtype)
        self.grads = np.zeros(size, dtype)
        self._bind()

    def _bind(self) -> None:
        """Cut the flat vectors into the layers' parameters; the first layer with any is where backward may stop."""
        # (W, dW, scratch) of everything that weight decay and L2 shrink; the scratch memory is one for all
        self.decayed: list[tuple[Array, Array, Array]] = []
        largest = max((prod(s) for layer in self.layers for s in layer.parameter_shapes.values()), default=0)
        scratch = np.empty(largest, self.params.dtype)
        start = 0
        for layer in self.layers:
            views: dict[str, tuple[Array, Array]] = {}
            for name, shape in layer.parameter_shapes.items():
                end = start + prod(shape)
                views[name] = self.params[start:end].reshape(shape), self.grads[start:end].reshape(shape)
                if name in layer.decayed:
                    self.decayed.append((*views[name], scratch[: end - start].reshape(shape)))
                start = end
            layer.bind({name: p for name, (p, _) in views.items()}, {name: g for name, (_, g) in views.items()})
        self._first = next((i for i, layer in enumerate(self.layers) if layer.parameter_shapes), len(self.layers))

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the starting parameters, layer by layer."""
        for layer in self.layers:
            layer.initialize(rng)

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """X: (batch, *input_shape) -> logits: (batch, classes), an array that the next call overwrites."""
        for layer in self.layers:
            X = layer.forward(X, training, rng)
        return X

    def backward(self, dlogits: Array) -> None:
        """Write the gradient of the loss into `grads`, from dlogits = ∂loss/∂logits of the last training forward
        pass.
        """
        dY = dlogits
        for index in range(len(self.layers) - 1, self._first - 1, -1):
            dY = self.layers[index].backward(dY, need_dX=index > self._first)

    def logits(self, X: Array) -> Array:
        """X: (n, *input_shape), any n -> (n, classes), computed `PREDICT_BATCH` rows at a time.

        float64 inputs are computed in float64, all others in the network's own precision.
        """
        if X.dtype == np.float64 and self.params.dtype != np.float64:
            return Network.from_config(self.config(), self.params.astype(np.float64)).logits(X)
        out = np.empty((len(X), *self.output_shapes[-1]), self.params.dtype)
        for start in range(0, len(X), PREDICT_BATCH):
            batch = np.asarray(X[start : start + PREDICT_BATCH], self.params.dtype)
            out[start : start + PREDICT_BATCH] = self.forward(batch.reshape(len(batch), *self.input_shape))
        return out

    def summary(self) -> str:
        """A table of the layers: number, kind, output shape, number of parameters."""
        lines = [f"{'layer':<18} {'output shape':<16} {'parameters':>12}"]
        for number, (layer, shape) in enumerate(zip(self.layers, self.output_shapes, strict=True), start=1):
            count = sum(prod(s) for s in layer.parameter_shapes.values())
            lines.append(f"{number:>2} {layer.kind:<15} {' x '.join(map(str, shape)):<16} {count:>12,}")
        return "\n".join([*lines, f"{'total':<35} {self.params.size:>12,}"])

    def config(self) -> dict[str, Any]:
        """What `from_config` rebuilds the network from, without its parameters."""
        return {"input_shape": list(self.input_shape), "layers": [layer.config() for layer in self.layers]}

    @classmethod
    def from_config(cls, config: dict[str, Any], params: Array | None = None) -> "Network":
        """Build the network that `config` describes, with a copy of `params`, or with zeros."""
        layers = [layer_from_config(layer) for layer in config["layers"]]
        network = cls(layers, tuple(config["input_shape"]), np.float32 if params is None else params.dtype)
        if params is not None:
            network.params[...] = params
        return network

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies are rebuilt, as views into the flat vectors would come apart from them."""
        return Network.from_config, (self.config(), self.params)


def mlp(
    layer_sizes: Sequence[int], activation: str = "relu", initializer: str = "xavier", dropout: float = 0.0
) -> Network:
    """A multi-layer perceptron: dense layers of `layer_sizes[1:]` units, each but the last followed by the activation
    (and dropout).

    Args:
        layer_sizes: number of inputs, units of every hidden layer, number of classes.
        dropout: rate in [0, 1) after each hidden layer; 0 leaves the layers out.
    """
    sizes = check_sizes(layer_sizes)
    if activation not in ACTIVATIONS:
        raise InputError(f"activation is {activation!r}, known are {', '.join(ACTIVATIONS)}")
    layers: list[Layer] = []
    for units in sizes[1:-1]:
        layers += [Dense(units, initializer), LAYERS[activation]()]
        if dropout:
            layers.append(Dropout(dropout))
    layers.append(Dense(sizes[-1], initializer))
    return Network(layers, (sizes[0],))


def check_sizes(layer_sizes: Sequence[int]) -> list[int]:
    """The sizes as Python's integers; raises InputError where they are not two or more whole numbers above 0."""
    if len(layer_sizes) < 2 or not all(float(size).is_integer() and size >= 1 for size in layer_sizes):
        raise InputError(
            f"layer_sizes is {list(layer_sizes)}, needed are two or more whole numbers: inputs, hidden..., classes"
        )
    return [int(size) for size in layer_sizes]
