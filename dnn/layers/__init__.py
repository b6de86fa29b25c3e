"""The layers, by the name that a model file gives them."""

from collections.abc import Mapping
from typing import Any

from dnn.base.errors import InputError, shown
from dnn.base.options import make
from dnn.layers.activations.elu import ELU
from dnn.layers.activations.gelu import GELU
from dnn.layers.activations.leaky_relu import LeakyReLU
from dnn.layers.activations.relu import ReLU
from dnn.layers.activations.sigmoid import Sigmoid
from dnn.layers.activations.silu import SiLU
from dnn.layers.activations.softmax import Softmax
from dnn.layers.activations.tanh import Tanh
from dnn.layers.base import Layer
from dnn.layers.batchnorm import BatchNorm
from dnn.layers.convolution.conv import Conv2D
from dnn.layers.dense import Dense
from dnn.layers.dropout import Dropout
from dnn.layers.flatten import Flatten
from dnn.layers.layernorm import LayerNorm
from dnn.layers.pooling.avgpool import AveragePool
from dnn.layers.pooling.globalavgpool import GlobalAveragePool
from dnn.layers.pooling.maxpool import MaxPool
from dnn.layers.residual import Residual

# those that may stand between any two layers
ACTIVATION_LAYERS = (ReLU, LeakyReLU, ELU, SiLU, GELU, Tanh, Sigmoid)
OTHERS = (Dense, Conv2D, MaxPool, AveragePool, GlobalAveragePool, Flatten, BatchNorm, LayerNorm, Dropout, Residual)
LAYERS: dict[str, type[Layer]] = {layer.kind: layer for layer in (*OTHERS, *ACTIVATION_LAYERS, Softmax)}
ACTIVATIONS = tuple(layer.kind for layer in ACTIVATION_LAYERS)


def layer_from_config(config: dict[str, Any]) -> Layer:
    """Make the layer that `Layer.config` described.

    Raises:
        InputError: the kind or one of its options is unknown, or an option is missing or out of its range.
    """
    if not isinstance(config, Mapping):
        raise InputError(f"layer is {shown(config)}, it should be its config, such as {{kind: relu}}")
    options = dict(config)
    return make("layer", LAYERS, options.pop("kind", None), options)
