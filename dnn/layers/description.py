"""From the short description of layers, as params.yaml holds it, to Layer objects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError, shown
from dnn.base.kinds import Kind, check, listed
from dnn.base.options import check_names
from dnn.initializers import INITIALIZERS, resolve_initializer
from dnn.layers import LAYERS, Layer
from dnn.layers.residual import Residual

PASSED_BY = {"batchnorm", "layernorm", "dropout", "flatten", "maxpool", "avgpool", "globalavgpool"}  # see `following`
MOST_PARTS, DEEPEST = 10_000, 50  # of a description: a few lines of YAML can write one of billions
DESCRIPTION = Kind("a list of layers", listed)


def parts(description: Any) -> Iterator[Any]:
    """The description and all that stands in it, at any depth.

    Raises:
        InputError: there are more than `MOST_PARTS`, or some lie deeper than `DEEPEST`.
    """
    left = [(description, 0)]
    count = 0
    while left:
        part, depth = left.pop()
        count += 1
        if count > MOST_PARTS or depth > DEEPEST:
            raise InputError(
                f"hidden_layers is {shown(description)}, it should have at most {MOST_PARTS:,} parts, {DEEPEST} deep"
            )
        yield part
        if isinstance(part, Mapping):
            left += [(inner, depth + 1) for pair in part.items() for inner in pair]
        elif isinstance(part, Sequence) and not isinstance(part, str):
            left += [(inner, depth + 1) for inner in part]


def make_layers(entries: Sequence[tuple[str, Any]], initializer: str, last: str) -> list[Layer]:
    """The layers that the entries describe.

    Args:
        entries: each with the place that begins the message of an InputError.
        initializer: of those that name none.
        last: kind of the layer that follows on them.
    """
    layers: list[Layer] = []
    for where, entry in reversed(entries):  # as `auto` looks at what follows
        layers.insert(0, make_layer(entry, initializer, where, following(layers, last)))
    return layers


def following(layers: Sequence[Layer], last: str) -> str:
    """The kind of the first layer that `auto` does not pass by, see `resolve_initializer`; without one it is `last`."""
    for number, layer in enumerate(layers, start=1):
        if isinstance(layer, Residual):
            return following(layer.layers, following(layers[number:], last))
        if layer.kind not in PASSED_BY:
            return layer.kind
    return last


def make_layer(entry: Any, initializer: str, where: str, follows: str) -> Layer:
    """The layer that one entry describes, on which a layer of the kind `follows` follows."""
    if isinstance(entry, Mapping) and len(entry) == 1:
        ((kind, options),) = entry.items()
    elif isinstance(entry, str):
        kind, options = entry, {}
    else:
        raise InputError(
            f"{where} is {shown(entry)}, it should be a whole number, a kind of layer, or one kind with its options"
        )
    if kind not in LAYERS:
        raise InputError(f"{where} is of kind {shown(kind)}, known are {', '.join(LAYERS)}")
    known = [field.name for field in fields(LAYERS[kind]) if field.init]
    if not isinstance(options, Mapping):
        if not known:
            raise InputError(f"{where}: {kind} has no options, it got {shown(options)}")
        options = {known[0]: options}
    check_names(f"{where}: {kind}", LAYERS[kind], options)
    options = dict(options)
    if "initializer" in known:
        name = options.get("initializer", initializer)
        name = check(f"{where}: {kind}: initializer", name, str, (*INITIALIZERS, "auto"))
        options["initializer"] = resolve_initializer(name, follows)
    for branch in {"layers", "shortcut"} & options.keys():  # of a residual block
        inner = check(f"{where}: {kind}: {branch}", options[branch], DESCRIPTION)
        options[branch] = make_layers([(f"{where}, {kind}", part) for part in inner], initializer, follows)
    try:
        return LAYERS[kind](**options)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def plain(value: Any) -> Any:
    """A description with lists for all sequences and texts for paths, so that equal ones compare as equal."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value
