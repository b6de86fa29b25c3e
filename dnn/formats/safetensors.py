"""A model as a safetensors file, which other frameworks read: https://github.com/huggingface/safetensors."""

import json
from pathlib import Path

import numpy as np

from dnn.base.extra import extra
from dnn.base.files import replacing
from dnn.base.types import Array
from dnn.ensemble import Ensemble
from dnn.formats.model_file import header_of
from dnn.model import Predictor


def export_safetensors(path: str | Path, model: Predictor) -> None:
    """Write the model, whole or not at all; the same model gives the same bytes.

    The arrays have the names of `tensors`. The metadata has one entry, `header`: the JSON text of
    `dnn.formats.model_file.header_of`.

    Raises:
        InputError: the package safetensors is not installed.
    """
    save = extra("safetensors.numpy", "export").save
    header = {"header": json.dumps(header_of(model))}
    with replacing(path) as temporary:
        temporary.write_bytes(save(tensors(model), metadata=header))


def tensors(model: Predictor) -> dict[str, Array]:
    """Parameters and state by number of the layer, from 1, and name: "1.W"; in an ensemble "member 1.1.W"."""
    arrays = {}
    for m, network in enumerate(model.networks, start=1):
        prefix = f"member {m}." if isinstance(model, Ensemble) else ""
        for n, layer in enumerate(network.layers, start=1):
            for name, array in {**layer.parameters, **layer.state}.items():
                arrays[f"{prefix}{n}.{name}"] = np.ascontiguousarray(array)
    return arrays
