"""From the short description of a network, as params.yaml holds it, to its layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import prod
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.options import check_names, check_options, option
from dnn.base.types import Shape
from dnn.formats.model_file import load_single
from dnn.initializers import INITIALIZERS, resolve_initializer
from dnn.layers import ACTIVATIONS, LAYERS, Dense, Dropout, Layer
from dnn.network import Network
from dnn.transfer import start_from

IMAGE_LAYERS = {"conv", "maxpool", "avgpool", "globalavgpool"}  # where one of them occurs, the inputs are images
HIDDEN_LAYERS = (128, 64, 32)


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
        InputError: an option or a description is wrong.
    """

    hidden_layers: Sequence[Any] | None = option(None, "layer by layer")
    activation: str = option("relu", "of the layers that are given as numbers", choices=ACTIVATIONS)
    initializer: str = option("xavier", "of the layers that name none", choices=(*INITIALIZERS, "auto"))
    dropout: float = option(0.0, "rate after each layer that is given as a number", least=0, below=1)
    start_from: str | Path | Network | None = option(
        None, "a network, or the file of one, whose layers to take over, all but the last, in place of hidden_layers"
    )
    freeze: int = option(0, "layers, from the first, that keep what they have learned", least=0)
    frozen_rate: float = option(0.0, "factor of their learning rate; 0 freezes them wholly", least=0, most=1)

    def __post_init__(self) -> None:
        check_options(self)
        self.described()

    def network(self, features: int, classes: int, rng: np.random.Generator) -> Network:
        """A network with its starting weights, for so many inputs and outputs.

        Raises:
            InputError: a layer does not fit the one before, or `start_from` does not fit.
        """
        if not self.start_from:
            if self.freeze:
                raise InputError(f"freeze is {self.freeze}, but there is nothing to freeze: give start_from, too")
            network = self.build(features, classes)
            network.initialize(rng)
            return network
        known = self.start_from if isinstance(self.start_from, Network) else load_single(self.start_from).network
        if prod(known.input_shape) != features:
            name = "the network to start from" if known is self.start_from else self.start_from
            raise InputError(f"the data has {features} features, {name} takes {prod(known.input_shape)}")
        return start_from(known, classes, rng, self.freeze, self.frozen_rate)

    def build(self, features: int, classes: int) -> Network:
        """The network that the hidden layers describe, its weights 0.

        Args:
            features: number of inputs; with convolution or pooling the pixels of a square image of one channel.
            classes: number of outputs.
        """
        layers = [*self.described(), Dense(classes, resolve_initializer(self.initializer, self.activation))]
        return Network(layers, input_shape_of(features, self.hidden))

    @property
    def hidden(self) -> list[Any]:
        """The hidden layers as they were given."""
        hidden = HIDDEN_LAYERS if self.hidden_layers is None else self.hidden_layers
        if isinstance(hidden, str | Mapping) or not isinstance(hidden, Sequence | np.ndarray):
            raise InputError(f"hidden_layers is {hidden!r}, it should be a list of layers")
        return list(hidden)

    def described(self) -> list[Layer]:
        """The hidden layers as Layer objects."""
        initializer = resolve_initializer(self.initializer, self.activation)
        layers: list[Layer] = []
        for number, entry in enumerate(self.hidden, start=1):
            where = f"hidden_layers: entry {number}"
            if isinstance(entry, Integral) and not isinstance(entry, bool):
                layers += [make_layer({"dense": entry}, initializer, where), LAYERS[self.activation]()]
                layers += [Dropout(self.dropout)] if self.dropout else []
            else:
                layers.append(make_layer(entry, initializer, where))
        return layers


def input_shape_of(features: int, hidden: Sequence[Any]) -> Shape:
    """(features,), or (side, side, 1) where a layer among `hidden` works on images."""
    if not mentions(hidden, IMAGE_LAYERS):
        return (features,)
    side = round(features**0.5)
    if side * side != features:
        raise InputError(f"a network with convolution or pooling needs square images, {features} features are none")
    return (side, side, 1)


def mentions(entry: Any, kinds: set[str]) -> bool:
    """Whether one of the kinds stands anywhere in the description."""
    if isinstance(entry, Mapping):
        return any(key in kinds or mentions(value, kinds) for key, value in entry.items())
    if isinstance(entry, str):
        return entry in kinds
    return isinstance(entry, Sequence) and any(mentions(part, kinds) for part in entry)


def make_layer(entry: Any, initializer: str, where: str) -> Layer:
    """The layer that one entry describes; `where` begins the message of an InputError."""
    if isinstance(entry, Mapping) and len(entry) == 1:
        ((kind, options),) = entry.items()
    elif isinstance(entry, str):
        kind, options = entry, {}
    else:
        raise InputError(
            f"{where} is {entry!r}, it should be a whole number, a kind of layer, or one kind with its options"
        )
    if kind not in LAYERS:
        raise InputError(f"{where} is of kind {kind!r}, known are {', '.join(LAYERS)}")
    known = [field.name for field in fields(LAYERS[kind]) if field.init]
    if not isinstance(options, Mapping):
        if not known:
            raise InputError(f"{where}: {kind} has no options, it got {options!r}")
        options = {known[0]: options}
    check_names(f"{where}: {kind}", LAYERS[kind], options)
    options = dict(options)
    if "initializer" in known:
        options["initializer"] = resolve_initializer(options.get("initializer", initializer), "relu")
    for branch in {"layers", "shortcut"} & options.keys():  # of a residual block
        if not isinstance(options[branch], list | tuple):
            raise InputError(f"{where}: {kind}: {branch} is {options[branch]!r}, it should be a list of layers")
        options[branch] = [make_layer(part, initializer, f"{where}, {kind}") for part in options[branch]]
    try:
        return LAYERS[kind](**options)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def check_sizes(layer_sizes: Sequence[int]) -> list[int]:
    """The sizes as Python's integers; raises InputError where they are not two or more whole numbers above 0."""
    sizes = list(layer_sizes)
    if len(sizes) < 2 or not all(float(size).is_integer() and size >= 1 for size in sizes):
        raise InputError(f"layer_sizes is {sizes}, needed are two or more whole numbers: inputs, hidden..., classes")
    return [int(size) for size in sizes]
