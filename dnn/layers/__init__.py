"""The layers, by the name that a model file gives them."""

from typing import Any

from dnn.errors import InputError
from dnn.layers.activations import ReLU, Sigmoid, Tanh
from dnn.layers.base import Layer
from dnn.layers.dense import Dense
from dnn.layers.dropout import Dropout

LAYERS: dict[str, type[Layer]] = {layer.kind: layer for layer in (Dense, Dropout, ReLU, Sigmoid, Tanh)}
ACTIVATIONS = ("relu", "sigmoid", "tanh")


def layer_from_config(config: dict[str, Any]) -> Layer:
    """Make the layer that `Layer.config` described.

    Raises:
        InputError: the kind or one of its options is unknown.
    """
    options = dict(config)
    kind = options.pop("kind", None)
    if kind not in LAYERS:
        raise InputError(f"unknown layer kind {kind!r}; known are {', '.join(LAYERS)}")
    try:
        return LAYERS[kind](**options)
    except TypeError as error:
        raise InputError(f"layer {kind}: {error}") from None


__all__ = ["ACTIVATIONS", "LAYERS", "Dense", "Dropout", "Layer", "ReLU", "Sigmoid", "Tanh", "layer_from_config"]
