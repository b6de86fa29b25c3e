"""A stack of layers over one flat parameter vector."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite, prod
from typing import Any, NamedTuple

import numpy as np

from dnn.base.blas import blas_threads
from dnn.base.errors import InputError
from dnn.base.free_memory import need_memory
from dnn.base.kinds import Kind, check, listed, whole
from dnn.base.memory import aligned_zeros, keep_freed_memory
from dnn.base.notebook import table
from dnn.base.sharing import share
from dnn.base.threads import Threads
from dnn.base.types import Array, Shape
from dnn.layers import Layer, layer_from_config
from dnn.layers.base import build_all, most_elements

# A prediction is cut into pieces of as many rows as fit into PIECE_BYTES, one at least, at most PREDICT_BATCH: enough
# for BLAS, and little enough for the cache. Pieces computed at the same time take PREDICT_BYTES.
PIECE_BYTES = 1 << 25
PREDICT_BYTES = 1 << 27
PREDICT_BATCH = 1024
FEW = 450_000  # multiplications that BLAS does in one thread anyway


class Weight(NamedTuple):
    """A weight matrix, its gradient, memory of the same shape for results in between, its learning-rate factor."""

    W: Array
    dW: Array
    scratch: Array
    factor: float = 1.0


class Network:
    """Layers applied in order, from inputs of `input_shape` to logits.

    All parameters are views into `params`, one flat vector, and their gradients views into `grads`: an optimizer
    step, a copy or a norm is a few operations on one array.

    Any number of threads may predict (`logits`, `features`), which leaves nothing in memory. `forward` and `backward`
    are the steps of a training, for one thread at a time.

    Args:
        layers: the network takes them over, so each can be in one place of one network only.
        input_shape: shape of one example.
        dtype: float32 for training, float64 for gradient checks.

    Raises:
        InputError: an argument is of another kind; a layer does not fit the output of the one before, where the message
            names its number, its kind and the shapes; it is in a network already; or the parameters do not fit into
            memory.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape, dtype: Any = np.float32) -> None:
        self.layers: list[Layer] = check("layers", layers, LAYERS_IN_ORDER)
        dtype = check("dtype", dtype, FLOATS)
        check_free(self.layers)
        self.input_shape: Shape = check("input_shape", input_shape, SHAPE)
        self.output_shapes = build_layers(self.layers, self.input_shape)
        parameters, state = vector_lengths(self.layers)
        need_memory(
            (parameters + state) * dtype.itemsize,
            f"a network of {parameters:,} parameters",
            "take fewer or smaller layers",
        )
        try:
            self.params, self.grads = (aligned_zeros(parameters, dtype) for _ in range(2))
            self.state = np.zeros(state, dtype)
        except (MemoryError, ValueError):  # ValueError: more than NumPy can count
            raise InputError(
                f"a network of {parameters:,} parameters does not fit into memory; make it smaller"
            ) from None
        for layer in every(self.layers):
            layer.taken = True
        self._elements = most_elements(self.layers, self.input_shape, self.output_shapes)
        # rows that are answered straight: a vector is multiplied with each parameter once
        self._few = 0 if self.has_images else FEW // max(1, parameters)
        self._threads: int | None = None  # for predictions; None: as many as there are
        keep_freed_memory()  # of one layer for the next
        self._bind()
        self.set_learning_rates([1.0] * len(self.layers))

    def _bind(self) -> None:
        """Cut the flat vectors into the layers' parameters, gradients and state."""
        self._weights: list[list[Weight]] = []  # of each layer
        largest = max((prod(s) for layer in self.layers for s in layer.parameter_shapes.values()), default=0)
        scratch = np.empty(largest, self.params.dtype)
        self._slices: list[slice] = []  # of each layer in the flat vectors
        start = state_start = 0
        for layer in self.layers:
            size, state_size = size_of(layer.parameter_shapes), size_of(layer.state_shapes)
            part, state_part = slice(start, start + size), slice(state_start, state_start + state_size)
            parameters = cut(self.params[part], layer.parameter_shapes)
            gradients = cut(self.grads[part], layer.parameter_shapes)
            layer.bind(parameters, gradients, cut(self.state[state_part], layer.state_shapes))
            self._weights.append(
                [
                    Weight(W, gradients[name], scratch[: W.size].reshape(W.shape))
                    for name, W in parameters.items()
                    if name.rpartition(".")[2] == "W"
                ]
            )
            self._slices.append(part)
            start, state_start = part.stop, state_part.stop

    def set_learning_rates(self, factors: Sequence[float]) -> None:
        """Give each layer a factor for the learning rate, at least 0; 0 freezes it.

        A frozen layer runs as in prediction while the others train; it still passes gradients on.

        Raises:
            InputError: there is not one factor for each layer, or one is no finite number of at least 0.
        """
        given = check("factors", factors, FACTORS)
        if len(given) != len(self.layers):
            raise InputError(f"factors are {len(given)}, the network has {len(self.layers)} layers: give one for each")
        self.factors = [check(f"factor of layer {n}", f, float, least=0) for n, f in enumerate(given, start=1)]
        trained = [i for i, layer in enumerate(self.layers) if layer.parameter_shapes and self.factors[i]]
        self._first = trained[0] if trained else len(self.layers)  # backward may stop here
        # what weight decay and penalties shrink: never biases, and nothing that is frozen
        self.decayed = [w._replace(factor=self.factors[i]) for i in trained for w in self._weights[i]]
        self.segments: list[tuple[slice, float]] = []  # the trained parts of the flat vector, each with its factor
        for index in trained:
            part, factor = self._slices[index], self.factors[index]
            if self.segments and self.segments[-1][0].stop == part.start and self.segments[-1][1] == factor:
                part = slice(self.segments.pop()[0].start, part.stop)
            self.segments.append((part, factor))

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the starting parameters, layer by layer."""
        for layer in self.layers:
            layer.initialize(rng)

    @contextmanager
    def at_work(self, threads: Threads) -> Iterator[None]:
        """Compute large layers, and predictions, in these threads, and at the end release the memory."""
        for layer in self.layers:
            layer.use(threads)
        self._threads = threads.count
        try:
            yield
        finally:
            self._threads = None
            self.release()

    def release(self) -> None:
        """Let go of the memory that `forward` and `backward` have left: all but parameters, gradients and state."""
        for layer in self.layers:
            layer.release()

    @property
    def has_images(self) -> bool:
        """Whether something between the layers has height and width."""
        return any(len(shape) == 3 for shape in self.output_shapes)

    def forward(self, X: Array, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """X: (batch, *input_shape) -> logits: (batch, classes), an array that the next call overwrites.

        One thread at a time may call it; `logits` is for any number.
        """
        for layer, factor in zip(self.layers, self.factors, strict=True):
            X = layer.forward(X, training and factor > 0, rng)
        return X

    def backward(self, dlogits: Array) -> None:
        """Write the gradient of the loss into `grads`, from dlogits = ∂loss/∂logits of the last training forward
        pass.
        """
        dY = dlogits
        for index in range(len(self.layers) - 1, self._first - 1, -1):
            dY = self.layers[index].backward(dY, need_dX=index > self._first)

    def logits(self, X: Array) -> Array:
        """X: (n, *input_shape), any n -> (n, classes), as `features` of all layers, but not checked: a training that
        diverges has an error of its own.
        """
        return self._predict(X, len(self.layers))

    def features(self, X: Array, count: int) -> Array:
        """X: (n, *input_shape), any n -> (n, ...), what the first `count` layers make of it.

        float64 inputs are computed in float64, all others in the network's own precision. Many rows are computed on all
        cores that `blas_threads.available` tells, in a training in its threads, by pieces that depend on sizes alone,
        each with one thread of BLAS: so answers do not depend on the number of cores. Beside the result it takes
        `PREDICT_BYTES` of memory, or what one example needs, and for each thread a copy of the weights of a layer.

        Raises:
            InputError: there are not so many layers, or an output is not finite, as X or the weights are too large, or
                not numbers.
        """
        count = check("layer", count, int, least=1, most=len(self.layers))
        with np.errstate(over="ignore", invalid="ignore"):
            Y = self._predict(X, count)
            check_finite(Y, X, [self])
        return Y

    def _predict(self, X: Array, count: int) -> Array:
        """`features`, unchecked."""
        dtype = X.dtype if X.dtype == np.float64 else self.params.dtype
        if 0 < len(X) <= self._few:  # to ask for threads takes as long as the answer
            Y = self._through(X, dtype, count)
            return Y if Y.base is None else Y.copy()  # it may be a view of X
        example = self._elements * dtype.itemsize
        rows = max(1, min(PREDICT_BATCH, PIECE_BYTES // example))
        out = np.empty((len(X), *self.output_shapes[count - 1]), dtype)

        def piece(start: int) -> None:
            out[start : start + rows] = self._through(X[start : start + rows], dtype, count)

        pieces = range(0, len(X), rows)
        threads = max(1, min(len(pieces), PREDICT_BYTES // (rows * example)))
        if threads > 1:
            threads = min(threads, self._threads or blas_threads.available())
        with blas_threads(1):
            share(piece, pieces, threads)
        return out

    def _through(self, X: Array, dtype: Any, count: int) -> Array:
        """The rows of X through the first `count` layers."""
        Y = np.asarray(X, dtype).reshape(len(X), *self.input_shape)
        for layer in self.layers[:count]:
            Y = layer.predict(Y)
        return Y

    def table(self) -> list[tuple[int, str, str, int]]:
        """Number, kind, output shape and number of parameters of each layer."""
        layers = enumerate(zip(self.layers, self.output_shapes, strict=True), start=1)
        return [
            (number, layer.kind, " x ".join(map(str, shape)), size_of(layer.parameter_shapes))
            for number, (layer, shape) in layers
        ]

    def summary(self) -> str:
        """A table of the layers: number, kind, output shape, number of parameters."""
        lines = [f"{'layer':<18} {'output shape':<16} {'parameters':>12}"]
        lines += [f"{number:>2} {kind:<15} {shape:<16} {count:>12,}" for number, kind, shape, count in self.table()]
        return "\n".join([*lines, f"{'total':<35} {self.params.size:>12,}"])

    def _repr_html_(self) -> str:
        """The table of `summary` for notebooks."""
        rows = [(f"{number} {kind}", shape, f"{count:,}") for number, kind, shape, count in self.table()]
        return table(("layer", "output shape", "parameters"), [*rows, ("total", "", f"{self.params.size:,}")])

    def config(self) -> dict[str, Any]:
        """Kind and options of every layer, from which `from_config` rebuilds the network."""
        return {"input_shape": list(self.input_shape), "layers": [layer.config() for layer in self.layers]}

    @classmethod
    def from_config(cls, config: dict[str, Any], params: Array | None = None, state: Array | None = None) -> "Network":
        """Build the network that `config` describes, with copies of `params` and `state`, or with zeros."""
        dtype = np.float32 if params is None else params.dtype
        network = cls(layers_of(config), config["input_shape"], dtype)
        if params is not None:
            network.params[...] = params
        if state is not None:
            network.state[...] = state
        return network

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies are rebuilt, as views into the flat vectors would come apart from them."""
        return Network.from_config, (self.config(), self.params, self.state), self.factors

    def __setstate__(self, factors: list[float]) -> None:
        self.set_learning_rates(factors)


def ordered(value: Any) -> list[Layer]:
    """Layer objects."""
    layers = listed(value)
    if not all(isinstance(layer, Layer) for layer in layers):
        raise TypeError
    return layers


def shape_of(value: Any) -> Shape:
    """Whole numbers of at least 1."""
    shape = tuple(whole(size) for size in listed(value))
    if not all(size >= 1 for size in shape):
        raise ValueError
    return shape


def float_type(value: Any) -> np.dtype:
    """float32 or float64."""
    dtype = np.dtype(value)
    if dtype not in (np.float32, np.float64):
        raise ValueError
    return dtype


LAYERS_IN_ORDER = Kind("a list of Layer objects", ordered)
SHAPE = Kind("a list of whole numbers, each at least 1", shape_of)
FLOATS = Kind("float32 or float64", float_type)
FACTORS = Kind("a list of numbers, one for each layer", listed)


def check_finite(answers: Array, X: Array, networks: Sequence[Network]) -> None:
    """Raise InputError where the answers that these networks gave to X are not finite."""
    if isfinite(answers.sum()) or np.isfinite(answers).all():  # the sum is faster, but may overflow
        return
    if not all(np.isfinite(network.params).all() and np.isfinite(network.state).all() for network in networks):
        raise InputError("the weights of the model are not finite numbers; train it again, or load another")
    raise InputError(
        f"the inputs range from {X.min():g} to {X.max():g}, to which the network has no finite answers; scale them as "
        "in training, for example to [0, 1]"
    )


def layers_of(config: dict[str, Any]) -> list[Layer]:
    """New layers as `Network.config` describes them."""
    return [layer_from_config(layer) for layer in config["layers"]]


def build_layers(layers: Sequence[Layer], input_shape: Sequence[int]) -> list[Shape]:
    """Build the layers of a network for such examples, which takes no memory yet: their output shapes.

    Raises:
        InputError: a layer does not fit the output of the one before, or the examples have no such shape.
    """
    return build_all(layers, check("input_shape", input_shape, SHAPE), "layer")


def vector_lengths(layers: Sequence[Layer]) -> tuple[int, int]:
    """Numbers of parameters and of state that built layers need."""
    return (
        sum(size_of(layer.parameter_shapes) for layer in layers),
        sum(size_of(layer.state_shapes) for layer in layers),
    )


def every(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The layers, and those that they are made of."""
    for layer in layers:
        yield layer
        yield from every(layer.inner())


def check_free(layers: Sequence[Layer]) -> None:
    """Raise InputError where a layer is in a network already, or is twice among these.

    Its parameters are one part of one flat vector, and `backward` needs what this one `forward` kept.
    """
    found: set[int] = set()
    for number, layer in enumerate(layers, start=1):
        for part in every([layer]):
            if part.taken or id(part) in found:
                where = "a network already" if part.taken else "this network twice"
                raise InputError(
                    f"layer {number} of {len(layers)}: this {part.kind} layer is in {where}; make a new one for each "
                    "place, or a copy: dnn.layers.layer_from_config(layer.config())"
                )
            found.add(id(part))


def size_of(shapes: dict[str, Shape]) -> int:
    """Number of elements of arrays of all these shapes."""
    return sum(map(prod, shapes.values()))


def cut(vector: Array, shapes: dict[str, Shape]) -> dict[str, Array]:
    """Views into the vector, one after the other, with these names and shapes."""
    ends = np.cumsum([prod(shape) for shape in shapes.values()], dtype=int)
    parts = np.split(vector, ends[:-1]) if shapes else []
    return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
