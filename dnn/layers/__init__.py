"""The layers, by the name that a model file gives them."""

from typing import Any

from dnn.base.errors import InputError
from dnn.layers.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Tanh
from dnn.layers.base import Layer
from dnn.layers.batchnorm import BatchNorm
from dnn.layers.convolution.conv import Conv2D
from dnn.layers.dense import Dense
from dnn.layers.dropout import Dropout
from dnn.layers.flatten import Flatten
from dnn.layers.layernorm import LayerNorm
from dnn.layers.pool import AveragePool, GlobalAveragePool, MaxPool
from dnn.layers.residual import Residual

LAYERS: dict[str, type[Layer]] = {
    layer.kind: layer
    for layer in (
        Dense,
        Conv2D,
        MaxPool,
        AveragePool,
        GlobalAveragePool,
        Flatten,
        BatchNorm,
        LayerNorm,
        Dropout,
        Residual,
        ReLU,
        LeakyReLU,
        ELU,
        SiLU,
        GELU,
        Tanh,
        Sigmoid,
        Softmax,
    )
}
# those that may stand between any two layers
ACTIVATIONS = ("relu", "leaky_relu", "elu", "silu", "gelu", "tanh", "sigmoid")


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


__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "LAYERS",
    "AveragePool",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePool",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "MaxPool",
    "ReLU",
    "Residual",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "layer_from_config",
]
