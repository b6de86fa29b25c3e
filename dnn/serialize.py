"""Model files: `.npz` with a JSON header, read without pickle.

An archive of three arrays: `header`, a JSON text, and the flat float32 vectors `params` and `state`. The header
holds `format`, `network` (from which the layers are rebuilt), `classes`, and whatever the trainer wants to tell about
the model (data set, metrics).
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dnn.errors import InputError
from dnn.files import read_npz, write_npz
from dnn.losses import softmax
from dnn.network import Network
from dnn.types import Array

FORMAT = 1


@dataclass
class Model:
    """A network together with what its file says about it.

    Args:
        network: with its parameters.
        classes: (classes,) labels, in the order of the logits.
        about: JSON-ready facts: data set, metrics and the like.
    """

    network: Network
    classes: Array
    about: dict[str, Any] = field(default_factory=dict)

    def predict_proba(self, X: Array) -> Array:
        """X: (n, *input_shape) -> (n, classes), rows of probabilities."""
        logits = self.network.logits(X)
        return softmax(logits, out=logits)

    def predict(self, X: Array) -> Array:
        """X: (n, *input_shape) -> (n,) labels of the most probable class."""
        labels: Array = self.classes[self.network.logits(X).argmax(axis=1)]
        return labels


def save_model(path: str | Path, model: Model) -> None:
    """Write the model, whole or not at all; the same model gives the same bytes."""
    header = {
        "format": FORMAT,
        "network": model.network.config(),
        "classes": model.classes.tolist(),
        "about": model.about,
    }
    write_npz(path, header=np.array(json.dumps(header)), params=model.network.params, state=model.network.state)


def load_model(path: str | Path) -> Model:
    """Read what `save_model` wrote.

    Raises:
        InputError: it is missing, damaged, not a model, or was written by another version.
    """
    text, params, state = read_npz(path, "header", "params", "state")
    try:
        header = json.loads(str(text))
        version = header["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a model file ({error!r}); train one with `make repro`") from None
    if version != FORMAT:
        raise InputError(f"{path} has format {version}, this version reads {FORMAT}; train it again")
    try:
        network, classes = Network.from_config(header["network"]), np.array(header["classes"])
        about = dict(header["about"])
    except (LookupError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: its header is not that of a model ({error!r})") from None
    if classes.shape != network.output_shapes[-1]:
        raise InputError(f"{path} is damaged: {len(classes)} classes for outputs of shape {network.output_shapes[-1]}")
    if state.shape != network.state.shape or state.dtype != network.state.dtype:
        raise InputError(f"{path} is damaged: its state has {state.size:,} numbers, needed are {network.state.size:,}")
    if params.shape != network.params.shape or params.dtype != network.params.dtype:
        raise InputError(
            f"{path} is damaged: its network has {network.params.size:,} float32 parameters, "
            f"the file {params.size:,} of type {params.dtype}"
        )
    network.params[...], network.state[...] = params, state
    return Model(network, classes, about)
