"""Model files: `.npz` with a JSON header, read without pickle.

An archive of three arrays: `header`, a JSON text, and the flat float32 vectors `params` and `state`. The header
holds `format`, `network` (from which the layers are rebuilt), `classes`, `temperature`, and `about`: facts of where the
model comes from (data set, preprocessing, metrics).

The file of an ensemble has `params_0`, `state_0`, `params_1`, ...; its header holds `format`, `members`, a list of such
headers, and the ensemble's own `temperature` and `about`.
"""

import json
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.files import read_npz, write_npz
from dnn.ensemble import Ensemble
from dnn.model import Model, Predictor
from dnn.network import Network

FORMAT = 1


def header_of(model: Predictor) -> dict[str, Any]:
    """All that is known of the model but its numbers, as JSON can hold it."""
    header: dict[str, Any] = {"format": FORMAT, "temperature": model.temperature, "about": model.about}
    if isinstance(model, Ensemble):
        return header | {"members": [header_of(member) for member in model.members]}
    return header | {"network": model.networks[0].config(), "classes": model.classes.tolist()}


def save_model(path: str | Path, model: Predictor) -> None:
    """Write the model, whole or not at all; the same model gives the same bytes."""
    arrays = {
        name + suffix: getattr(network, name)
        for suffix, network in zip(suffixes(model), model.networks, strict=True)
        for name in ("params", "state")
    }
    write_npz(path, header=np.array(json.dumps(header_of(model))), **arrays)


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
    (text,) = read_npz(path, "header")
    try:
        header = json.loads(str(text))
        version = header["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a model file ({error!r}); give one that `save_model` wrote") from None
    if version != FORMAT:
        raise InputError(f"{path} has format {version}, this version reads {FORMAT}; train it again")
    try:
        model = from_header(header)
    except (LookupError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: its header is not that of a model ({error!r})") from None
    for suffix, network in zip(suffixes(model), model.networks, strict=True):
        params, state = read_npz(path, f"params{suffix}", f"state{suffix}")
        for array, place, name in ((params, network.params, "parameters"), (state, network.state, "state")):
            if array.shape != place.shape or array.dtype != place.dtype:
                raise InputError(
                    f"{path} is damaged: its {name} are {array.shape} {array.dtype}, its network needs "
                    f"{place.shape} {place.dtype}"
                )
            place[...] = array
    return model


def load_single(path: str | Path) -> Model:
    """Read a model of one network; an ensemble raises InputError, as do the faults of `load_model`."""
    model = load_model(path)
    if not isinstance(model, Model):
        raise InputError(f"{path} holds an ensemble of {len(model.networks)} networks, needed is a single network")
    return model


def from_header(header: dict[str, Any]) -> Predictor:
    """The model that a header describes, with zeros for its numbers."""
    temperature, about = float(header.get("temperature", 1)), dict(header["about"])
    if not 0 < temperature < inf:
        raise InputError(f"temperature is {temperature}, it should be above 0 and finite")
    if "members" in header:
        return Ensemble([from_header(member) for member in header["members"]], about, temperature)
    network, classes = Network.from_config(header["network"]), np.array(header["classes"])
    if classes.shape != network.output_shapes[-1]:
        raise InputError(f"{len(classes)} classes for outputs of shape {network.output_shapes[-1]}")
    return Model(network, classes, about, temperature)
