"""From the short description of a network, as params.yaml holds it, to its layers."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from numbers import Integral, Real
from typing import Any

from dnn.base.errors import InputError
from dnn.base.types import Shape
from dnn.initializers import resolve_initializer
from dnn.layers import ACTIVATIONS, LAYERS, Dense, Dropout, Layer
from dnn.network import Network

IMAGE_LAYERS = {"conv", "maxpool", "avgpool", "globalavgpool"}  # where one of them occurs, the inputs are images


def build_network(
    features: int,
    hidden: Sequence[Any],
    classes: int,
    activation: str = "relu",
    initializer: str = "xavier",
    dropout: float = 0.0,
) -> Network:
    """The network that `hidden` describes, from inputs to logits.

    Args:
        features: number of inputs; with convolution or pooling the pixels of a square image of one channel.
        hidden: layer by layer, each as one of

            - a number: a dense layer of so many units, then the activation, then dropout where there is any;
            - the kind of a layer without options: `flatten`;
            - the kind with its first option: `maxpool: 2`;
            - the kind with its options by name: `conv: {filters: 32, kernel: 3, padding: same}`.

            A dense layer with one output for each class comes after the last.
        classes: number of outputs.
        activation: what follows a number, one of `dnn.layers.ACTIVATIONS`.
        initializer: of the layers that name none.
        dropout: rate in [0, 1) after each number.

    Raises:
        InputError: a description is wrong, or a layer does not fit the one before.
    """
    if activation not in ACTIVATIONS:
        raise InputError(f"activation is {activation!r}, known are {', '.join(ACTIVATIONS)}")
    initializer = resolve_initializer(initializer, activation)
    layers: list[Layer] = []
    for number, entry in enumerate(hidden, start=1):
        layer = check_entry(entry, number, initializer)
        layers.append(layer)
        if is_number(entry):
            layers.append(LAYERS[activation]())
            if dropout:
                layers.append(Dropout(dropout))
    layers.append(Dense(classes, initializer))
    return Network(layers, input_shape_of(features, hidden))


def is_number(entry: Any) -> bool:
    """Whether an entry is a number of units."""
    return isinstance(entry, Integral) and not isinstance(entry, bool)


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


def check_entry(entry: Any, number: int, initializer: str = "xavier") -> Layer:
    """The layer that entry `number` of the hidden layers describes, before the activation that follows a number."""
    where = f"entry {number} of the hidden layers"
    if is_number(entry):
        if entry < 1:
            raise InputError(f"{where} is {entry}, a dense layer has at least 1 unit")
        return Dense(int(entry), initializer)
    return make_layer(entry, initializer, where)


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
    known = [field for field in fields(LAYERS[kind]) if field.init]
    if not isinstance(options, Mapping):
        if not known:
            raise InputError(f"{where}: {kind} has no options, it got {options!r}")
        options = {known[0].name: options}
    options = dict(options)
    for name in options.keys() - {field.name for field in known}:
        raise InputError(f"{where}: {kind} has no option {name!r}, it has {', '.join(field.name for field in known)}")
    for field in known:
        if field.name in ("layers", "shortcut") and field.name in options:
            inner = options[field.name]
            if not isinstance(inner, list | tuple):
                raise InputError(f"{where}: {kind}: {field.name} is {inner!r}, it should be a list of layers")
            options[field.name] = [make_layer(part, initializer, f"{where}, {kind}").config() for part in inner]
        elif field.name == "initializer":
            options["initializer"] = resolve_initializer(options.get("initializer", initializer), "relu")
        elif field.name not in options and field.default is MISSING and field.default_factory is MISSING:
            raise InputError(f"{where}: {kind} needs the option {field.name!r}")
        elif field.name in options and not fits(options[field.name], field.type):
            called = KINDS.get(field.type, "a whole number or two")
            raise InputError(f"{where}: {kind}: {field.name} is {options[field.name]!r}, it should be {called}")
    try:
        return LAYERS[kind](**options)
    except TypeError as error:
        raise InputError(f"{where}: {kind}: {error}") from None


# what an option of each type is called, where its type is one of these
KINDS: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def fits(value: Any, kind: Any) -> bool:
    """Whether the value is of the type; `true` is no number."""
    if kind not in KINDS:
        return not isinstance(value, bool)
    expected = {int: Integral, float: Real}.get(kind, kind)
    return isinstance(value, expected) and (kind is bool or not isinstance(value, bool))


def mlp(
    layer_sizes: Sequence[int], activation: str = "relu", initializer: str = "xavier", dropout: float = 0.0
) -> Network:
    """A multi-layer perceptron: number of inputs, units of every hidden layer, number of classes."""
    features, *hidden, classes = check_sizes(layer_sizes)
    return build_network(features, hidden, classes, activation, initializer, dropout)


def check_sizes(layer_sizes: Sequence[int]) -> list[int]:
    """The sizes as Python's integers; raises InputError where they are not two or more whole numbers above 0."""
    if len(layer_sizes) < 2 or not all(float(size).is_integer() and size >= 1 for size in layer_sizes):
        raise InputError(
            f"layer_sizes is {list(layer_sizes)}, needed are two or more whole numbers: inputs, hidden..., classes"
        )
    return [int(size) for size in layer_sizes]
