"""From the short description of a network, as params.yaml holds it, to its layers."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError, naming, shown
from dnn.base.kinds import LIMITS, Kind, check, listed, whole
from dnn.base.options import check_options, option
from dnn.base.types import Shape
from dnn.batches.augmentation import side_of
from dnn.formats.model_file import load_single
from dnn.initializers import INITIALIZERS, resolve_initializer
from dnn.layers import ACTIVATIONS, Dense, Layer
from dnn.layers.description import DESCRIPTION, make_layers, parts
from dnn.network import Network, build_layers
from dnn.transfer import start_from

IMAGE_LAYERS = {"conv", "maxpool", "avgpool", "globalavgpool"}  # where one of them occurs, the inputs are images
HIDDEN_LAYERS = (128, 64, 32)


def model_or_path(value: Any) -> Network | str | Path:
    """A network, or the path of a file."""
    if isinstance(value, Network):
        return value
    path = os.fspath(value)
    if not isinstance(path, str) or "\0" in path:
        raise ValueError
    return value


def two_or_more(value: Any) -> list[int]:
    """Two or more whole numbers, each at least 1."""
    numbers = [whole(size) for size in listed(value)]
    if len(numbers) < 2 or not all(1 <= size <= LIMITS[int] for size in numbers):
        raise ValueError
    return numbers


START_FROM = Kind("a network, or the path of a model file", model_or_path)
LAYER_SIZES = Kind("a list of two or more whole numbers: inputs, hidden..., classes", two_or_more)


@dataclass(kw_only=True, eq=False)
class Architecture:
    """A network by its hidden layers, or by another network whose layers it takes over.

    `hidden_layers` says layer by layer

    - a number: a dense layer of so many units, then the activation, then dropout where there is any;
    - the kind of a layer without options: `flatten`;
    - the kind with its first option: `maxpool: 2`;
    - the kind with its options by name: `conv: {filters: 32, kernel: 3, padding: same}`.

    None means `HIDDEN_LAYERS`. A dense layer with one output for each class comes after the last.

    Raises:
        InputError: an option or a description is wrong, or two options do not go together.
    """

    hidden_layers: Sequence[Any] | None = option(None, "layer by layer", kind=DESCRIPTION)
    activation: str = option("relu", "of the layers that are given as numbers", choices=ACTIVATIONS)
    initializer: str = option("xavier", "of the layers that name none", choices=(*INITIALIZERS, "auto"))
    dropout: float = option(0.0, "rate after each layer that is given as a number", least=0, below=1)
    start_from: str | Path | Network | None = option(
        None,
        "a network, or the file of one, whose layers to take over, all but the last; then hidden_layers is left out or "
        "the same, and activation, initializer and dropout have no effect",
        kind=START_FROM,
    )
    freeze: int = option(0, "layers, from the first, that keep what they have learned", least=0)
    frozen_rate: float = option(0.0, "factor of their learning rate; 0 freezes them wholly", least=0, most=1)

    def __post_init__(self) -> None:
        check_options(self)
        if self.freeze and not self.start_from:
            raise InputError(f"freeze is {self.freeze}, but there is nothing to freeze: give start_from, too")
        if self.frozen_rate and not self.freeze:
            raise InputError(f"frozen_rate is {self.frozen_rate:g}, but no layer is frozen: give freeze, too")
        self.described()

    def network(self, features: int, classes: int, rng: np.random.Generator) -> Network:
        """A network with its starting weights, for so many inputs and outputs.

        Raises:
            InputError: a layer does not fit the one before, or `start_from` does not fit, or has other layers than
                `hidden_layers` says.
        """
        known = self.known()
        if known is None:
            network = self.build(features, classes)
            network.initialize(rng)
            return network
        if prod(known.input_shape) != features:
            name = "the network to start from" if known is self.start_from else self.start_from
            raise InputError(f"the data has {features} features, {name} takes {prod(known.input_shape)}")
        if self.hidden_layers is not None and not alike(self.described(), known):
            raise InputError(
                f"hidden_layers, or layer_sizes between its ends, is {shown(self.hidden)}, but start_from has other "
                f"layers: {shown([layer.kind for layer in known.layers])}; leave it out, and they are taken over"
            )
        return start_from(known, classes, rng, self.freeze, self.frozen_rate)

    def input_shape(self, features: int) -> Shape:
        """The shape of one example of so many features; raises InputError as `network`."""
        known = self.known()
        return input_shape_of(features, self.hidden) if known is None else known.input_shape

    def known(self) -> Network | None:
        """The network that `start_from` names, if there is one."""
        if not self.start_from:
            return None
        if isinstance(self.start_from, Network):
            return self.start_from
        with naming("start_from"):
            return load_single(self.start_from).network

    def build(self, features: int, classes: int) -> Network:
        """The network that the hidden layers describe, its weights 0.

        Args:
            features: number of inputs; with convolution or pooling the pixels of a square image of one channel.
            classes: number of outputs.

        Raises:
            InputError: a layer does not fit the one before, or there is no memory for all of them.
        """
        return Network(self.layers(classes), input_shape_of(features, self.hidden))

    def plan(self, features: int, classes: int) -> tuple[list[Layer], Shape]:
        """The layers that `network` would have, or such ones, and the shape of an example; they take no memory."""
        if known := self.known():
            return known.layers, known.input_shape
        return self.layers(classes), input_shape_of(features, self.hidden)

    def layers(self, classes: int) -> list[Layer]:
        """All layers, the last one with an output for each class."""
        return [*self.described(), Dense(classes, resolve_initializer(self.initializer, "softmax"))]

    @property
    def hidden(self) -> Sequence[Any]:
        """The hidden layers as they were given."""
        return HIDDEN_LAYERS if self.hidden_layers is None else self.hidden_layers

    def described(self) -> list[Layer]:
        """The hidden layers as Layer objects."""
        for _ in parts(self.hidden):
            pass  # before anything is made of a description without end
        entries: list[tuple[str, Any]] = []
        for number, entry in enumerate(self.hidden, start=1):
            where = f"hidden_layers: entry {number}"
            if is_number(entry):
                entries += [(where, {"dense": entry}), (where, self.activation)]
                entries += [(where, {"dropout": self.dropout})] if self.dropout else []
            else:
                entries.append((where, entry))
        return make_layers(entries, self.initializer, "dense")


def is_number(entry: Any) -> bool:
    """Whether it is a number, whatever its size, and not true or false."""
    return isinstance(entry, Real) and not isinstance(entry, bool)


def alike(layers: Sequence[Layer], network: Network) -> bool:
    """Whether they have the shapes of weights that the network's layers have, all but its last."""
    try:
        build_layers(layers, network.input_shape)
    except InputError:
        return False
    return weights_of(layers) == weights_of(network.layers[:-1])


def weights_of(layers: Sequence[Layer]) -> list[dict[str, Shape]]:
    """The shapes of parameters, of those layers that have any."""
    return [layer.parameter_shapes for layer in layers if layer.parameter_shapes]


def input_shape_of(features: int, hidden: Sequence[Any]) -> Shape:
    """(features,), or (side, side, 1) where a layer among `hidden` works on images."""
    if not any(isinstance(part, str) and part in IMAGE_LAYERS for part in parts(hidden)):
        return (features,)
    side = side_of(features, "a network with convolution or pooling")
    return (side, side, 1)


def check_sizes(layer_sizes: Any) -> list[int]:
    """The sizes as Python's integers; raises InputError where they are not two or more whole numbers above 0."""
    checked: list[int] = check("layer_sizes", layer_sizes, LAYER_SIZES)
    return checked


def hidden_of(layer_sizes: Any, hidden_layers: Any) -> list[int]:
    """The hidden layers among the sizes; raises InputError where `hidden_layers` is given, too, and says others."""
    _, *hidden, _ = check_sizes(layer_sizes)
    given = hidden if hidden_layers is None else check("hidden_layers", hidden_layers, DESCRIPTION)
    if not all(map(is_number, given)) or given != hidden:
        raise InputError(
            f"hidden_layers is {shown(hidden_layers)}, layer_sizes {shown(layer_sizes)}; give one of them, or the same"
        )
    return hidden
