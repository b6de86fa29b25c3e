"""The class that every layer extends."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from math import prod
from typing import Any, ClassVar

import numpy as np

from dnn.base.errors import InputError
from dnn.base.options import check_options
from dnn.base.threads import Threads
from dnn.base.types import Array, Shape

RESULTS = 3  # arrays as large as its output that a forward pass makes, at most


@dataclass
class Layer:
    """A differentiable function of a mini-batch, with its parameters.

    The dataclass fields of a subclass are its hyperparameters: they are what a file stores and what a layer is
    rebuilt from. One out of its range raises InputError when the layer is made. A network then calls, in this order:

    1. `build(input_shape)`, which answers the output shape and sets `parameter_shapes`, and `state_shapes` for running
       figures that belong to the model but have no gradient. Shapes leave out the batch axis.
    2. `bind(parameters, gradients, state)`, which hands the layer its views into the network's flat vectors.
    3. `initialize(rng)`, which fills parameters and state.
    4. `forward` and `backward` in pairs. `backward` uses what the last `forward` kept; it writes the gradients of the
       parameters into their views and returns the gradient of the layer's input. It also follows a forward pass that
       was not for training: a frozen layer runs as in prediction and still passes gradients on.

    Arrays that `forward` and `backward` return are the layer's own and are overwritten by the next call. It keeps what
    `backward` needs, in buffers and in attributes that are arrays, until `release`. So only one thread at a time may
    call them; any number may call `predict`.
    """

    kind: ClassVar[str]  # its name in model files and in params.yaml

    parameter_shapes: dict[str, Shape] = field(init=False, repr=False, compare=False, default_factory=dict)
    parameters: dict[str, Array] = field(init=False, repr=False, compare=False, default_factory=dict)
    gradients: dict[str, Array] = field(init=False, repr=False, compare=False, default_factory=dict)
    state_shapes: dict[str, Shape] = field(init=False, repr=False, compare=False, default_factory=dict)
    state: dict[str, Array] = field(init=False, repr=False, compare=False, default_factory=dict)
    threads: Threads = field(init=False, repr=False, compare=False, default_factory=Threads)
    taken: bool = field(init=False, repr=False, compare=False, default=False)  # whether a network has it
    _buffers: dict[str, Array] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        check_options(self, f"{self.kind}: ")

    def build(self, input_shape: Shape) -> Shape:
        """Answer the output shape for inputs of `input_shape`; raise InputError where they do not fit."""
        return input_shape

    def bind(self, parameters: dict[str, Array], gradients: dict[str, Array], state: dict[str, Array]) -> None:
        """Take views of `parameter_shapes` as parameters and their gradients, and of `state_shapes` as state."""
        self.parameters, self.gradients, self.state = parameters, gradients, state

    def initialize(self, rng: np.random.Generator) -> None:
        """Fill the parameters with their starting values."""

    def inner(self) -> Sequence["Layer"]:
        """The layers that this one is made of."""
        return ()

    def use(self, threads: Threads) -> None:
        """Compute in these threads."""
        self.threads = threads
        for layer in self.inner():
            layer.use(threads)

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """X: (batch, *input_shape) -> (batch, *output_shape)."""
        raise NotImplementedError

    def backward(self, dY: Array, need_dX: bool = True) -> Array:
        """dY: (batch, *output_shape) -> dX: (batch, *input_shape). Without `need_dX` the returned array is
        unspecified.
        """
        raise NotImplementedError

    def predict(self, X: Array) -> Array:
        """X: (batch, *input_shape) -> (batch, *output_shape), as `forward`, leaving no trace in the layer.

        X has the precision of the parameters, or is float64; then it is computed in float64.
        """
        # a copy for this call, with memory of its own; copy.copy would take as long as a small layer
        passing = object.__new__(type(self))
        passing.__dict__ = self.__dict__ | {"_buffers": {}, "threads": Threads()}
        if X.dtype == np.float64:
            passing.parameters, passing.state = in_float64(self.parameters), in_float64(self.state)
        return passing.forward(X)

    def elements(self, input_shape: Shape, output_shape: Shape) -> int:
        """The most numbers that `predict` holds of each example, its input and output included."""
        return prod(input_shape) + RESULTS * prod(output_shape)

    def kept_elements(self, input_shape: Shape, output_shape: Shape) -> int:
        """The fewest numbers that it keeps of each example in training: its output, and the gradient of its input."""
        return prod(input_shape) + prod(output_shape)

    def release(self) -> None:
        """Let go of the memory that passes forward and backward have left."""
        self._buffers = {}
        for name in [name for name, value in vars(self).items() if isinstance(value, np.ndarray)]:
            delattr(self, name)
        for layer in self.inner():
            layer.release()

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles have no network yet, and nothing of what has passed through the layer."""
        lasting = {name: value for name, value in vars(self).items() if not isinstance(value, np.ndarray)}
        return lasting | {"taken": False, "_buffers": {}}

    def config(self) -> dict[str, Any]:
        """The kind and the hyperparameters, as JSON can hold them."""
        return {"kind": self.kind, **{f.name: getattr(self, f.name) for f in fields(self) if f.init}}

    def buffer(self, name: str, shape: Shape, dtype: Any) -> Array:
        """An uninitialised array whose memory lives as long as the layer, so that a training step allocates nothing.

        The same name gives the same memory, which grows with the largest array that was asked for.
        """
        memory = self._buffers.get(name)
        if memory is not None and memory.dtype == dtype:
            if memory.shape == shape:
                return memory
            if memory.size >= (size := prod(shape)):
                return memory.reshape(-1)[:size].reshape(shape)
        memory = self._buffers[name] = np.empty(shape, dtype)
        return memory


def build_all(layers: Sequence[Layer], shape: Shape, where: str) -> list[Shape]:
    """Build layers that follow each other, for inputs of `shape`: their output shapes.

    Raises:
        InputError: one does not fit the output of the one before; `where` begins the message, with its number.
    """
    shapes = []
    for number, layer in enumerate(layers, start=1):
        try:
            shape = layer.build(shape)
        except InputError as error:
            raise InputError(f"{where} {number} of {len(layers)}: {error}") from None
        shapes.append(shape)
    return shapes


def most_elements(layers: Sequence[Layer], shape: Shape, shapes: Sequence[Shape]) -> int:
    """The most `Layer.elements` of layers that follow each other, for inputs of `shape`, with outputs of `shapes`."""
    most = 0
    for layer, output in zip(layers, shapes, strict=True):
        most = max(most, layer.elements(shape, output))
        shape = output
    return most


def kept_elements(layers: Sequence[Layer], shape: Shape, shapes: Sequence[Shape]) -> int:
    """The sum of `Layer.kept_elements` of layers that follow each other, for inputs of `shape`, with outputs of
    `shapes`.
    """
    total = 0
    for layer, output in zip(layers, shapes, strict=True):
        total += layer.kept_elements(shape, output)
        shape = output
    return total


def in_float64(arrays: dict[str, Array]) -> dict[str, Array]:
    """The arrays in float64; those that have it already are not copied."""
    return {name: np.asarray(array, np.float64) for name, array in arrays.items()}
