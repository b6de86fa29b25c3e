"""Model files: `.npz` with a JSON header, read without pickle.

An archive of three arrays: `header`, a JSON text, and the flat float32 vectors `params` and `state`. The header
holds `format`, `network` (from which the layers are rebuilt), `classes`, `temperature`, and `about`: facts of where the
model comes from (data set, preprocessing, metrics).

The file of an ensemble has `params_0`, `state_0`, `params_1`, ...; its header holds `format`, `members`, a list of such
headers, and the ensemble's own `temperature` and `about`.

The classifier adds the `history` of its training, see `dnn.formats.history`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError, reason, shown
from dnn.base.kinds import LABEL
from dnn.base.npz import npz_layout, read_npz, read_npz_text, write_npz
from dnn.base.strict_json import parse_json
from dnn.base.types import Array
from dnn.ensemble import Ensemble
from dnn.layers.base import most_elements
from dnn.model import Model, Predictor
from dnn.network import Network, build_layers, every, layers_of, vector_lengths

FORMAT = 1
HEADER = 1 << 22  # characters, of which the largest real ones have some thousands
MOST_ELEMENTS = 1 << 28  # numbers that a layer holds of one example: 1 GB


def header_of(model: Predictor) -> dict[str, Any]:
    """All that is known of the model but its numbers, as JSON can hold it."""
    header: dict[str, Any] = {"format": FORMAT, "temperature": model.temperature, "about": model.about}
    if isinstance(model, Ensemble):
        return header | {"members": [header_of(member) for member in model.members]}
    return header | {"network": model.networks[0].config(), "classes": model.classes.tolist()}


def save_model(path: str | Path, model: Predictor, **more: Array) -> None:
    """Write the model, and more arrays behind it, whole or not at all; the same model gives the same bytes.

    Raises:
        InputError: `about` holds something that JSON has not, or the temperature is no finite number.
    """
    try:
        header = json.dumps(header_of(model), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        what = f"about is {shown(model.about)} and the temperature {model.temperature}"
        raise InputError(f"{what}, which JSON cannot hold ({error})") from None
    arrays = {
        name + suffix: getattr(network, name)
        for suffix, network in zip(suffixes(model), model.networks, strict=True)
        for name in ("params", "state")
    }
    write_npz(path, header=np.array(header), **arrays, **more)


def suffixes(model: Predictor) -> list[str]:
    """The endings of `params` and `state` in the names of the arrays, for each network."""
    if isinstance(model, Ensemble):
        return [f"_{i}" for i in range(len(model.networks))]
    return [""]


def load_model(path: str | Path) -> Predictor:
    """Read what `save_model` wrote: a `Model` or an `Ensemble`.

    Raises:
        InputError: it is missing, damaged, not a model, or was written by another version.
    """
    text = read_npz_text(path, "header", HEADER)
    try:
        header = parse_json(text, {})
    except InputError as error:
        raise InputError(f"{path} is not a model file: its header {error}; give one of `save_model`") from None
    if (version := header.get("format")) != FORMAT:
        raise InputError(f"{path} has format {shown(version)}, this version reads {FORMAT}; train it again")
    try:
        configs = networks_of(header)
        endings = [f"_{i}" for i in range(len(configs))] if "members" in header else [""]
        networks = [load_network(path, config, end) for config, end in zip(configs, endings, strict=True)]
        return from_header(header, iter(networks))
    except InputError as error:
        if str(error).startswith(f"{path} "):  # of an array that is missing
            raise
        raise InputError(f"{path} is damaged: {error}") from None
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(f"{path} is damaged: its header is not that of a model ({reason(error)})") from None


def load_single(path: str | Path) -> Model:
    """Read a model of one network; an ensemble raises InputError, as do the faults of `load_model`."""
    model = load_model(path)
    if not isinstance(model, Model):
        raise InputError(f"{path} holds an ensemble of {len(model.networks)} networks, needed is a single network")
    return model


def networks_of(header: dict[str, Any]) -> list[dict[str, Any]]:
    """The configs of all networks of a model, in the order of `Predictor.networks`."""
    if "members" in header:
        return [config for member in header["members"] for config in networks_of(member)]
    return [header["network"]]


def load_network(path: str | Path, config: dict[str, Any], ending: str) -> Network:
    """The network with the numbers in `params` and `state`, with that ending in their names.

    Their sizes are compared with those that the layers need before anything of such a size is read or made.

    Raises:
        InputError: they do not agree, or are not finite.
    """
    layers, names = layers_of(config), (f"params{ending}", f"state{ending}")
    shapes = build_layers(layers, config["input_shape"])
    if (most := most_elements(layers, tuple(config["input_shape"]), shapes)) > MOST_ELEMENTS:
        raise InputError(f"a layer needs {shown(most)} numbers for one example, it should be at most {MOST_ELEMENTS}")
    for name, size, (shape, dtype) in zip(names, vector_lengths(layers), npz_layout(path, *names), strict=True):
        if shape != (size,) or dtype != np.float32:
            raise InputError(f"its {name} are {shown(shape)} {dtype}, its network needs ({size},) float32")
    arrays = read_npz(path, *names)
    for name, array in zip(names, arrays, strict=True):
        if not np.isfinite(array).all():
            raise InputError(f"its {name} are not all finite numbers; train it again")
    network = Network.from_config(config, *arrays)
    if any((layer.state["var"] < 0).any() for layer in every(network.layers) if "var" in layer.state):
        raise InputError("a variance among its state is below 0; train it again")
    return network


def from_header(header: dict[str, Any], networks: Iterator[Network]) -> Predictor:
    """The model that a header describes, of these networks."""
    temperature, about = header.get("temperature", 1), dict(header["about"])
    if "members" in header:
        return Ensemble([from_header(member, networks) for member in header["members"]], about, temperature)
    network, classes = next(networks), classes_of(header["classes"])
    if classes.shape != network.output_shapes[-1]:
        raise InputError(f"it has {len(classes)} classes for outputs of shape {network.output_shapes[-1]}")
    return Model(network, classes, about, temperature)


def classes_of(listed: Any) -> Array:
    """The labels of the classes; InputError where they are not all texts or all numbers, or two are the same."""
    plain = isinstance(listed, list) and all(isinstance(label, str | int | float) for label in listed)
    plain = plain and len({isinstance(label, bool) for label in listed}) < 2  # Python takes True for 1
    classes = np.array(listed if plain else [])
    whole = plain and classes.dtype != object and classes.tolist() == listed  # NumPy makes [1, "a"] two texts
    if not whole or len(set(listed)) != len(listed) or any(len(str(label)) > LABEL for label in listed):
        what = f"texts of at most {LABEL} letters or numbers, each another"
        raise InputError(f"its classes are {shown(listed)}, they should be {what}")
    return classes
