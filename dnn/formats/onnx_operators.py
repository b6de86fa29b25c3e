"""Layers as the ONNX operators that compute them in prediction: https://onnx.ai/onnx/operators.

Ours is (batch, height, width, channels); the operators for images want the channels first and get them by a Transpose
before and after, which ONNX Runtime removes where two of them meet.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from dnn.base.types import Shape
from dnn.layers import Layer, layer_from_config
from dnn.layers.windows import make_grid


class Graph:
    """Nodes and constants of a graph that grows. A value is known by its name; `shapes` are without the batch."""

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.shapes: dict[str, Shape] = {}

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node; answer the name of its output."""
        output = output or f"{operator}.{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [output], **attributes))
        return output

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """Add an array or a number; answer its name."""
        name = f"constant.{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.array(value, dtype, order="C"), name))
        return name


Operation = Callable[[Graph, Any, str], str]  # adds the nodes of a layer; from the name of its input to its output's


def stack(graph: Graph, layers: Iterable[Layer], X: str) -> str:
    """The layers, one after the other, as in prediction."""
    for layer in layers:
        Y = OPERATORS[layer.kind](graph, layer, X)
        graph.shapes[Y] = layer_from_config(layer.config()).build(graph.shapes[X])
        X = Y
    return X


def simple(operator: str, **attributes: str) -> Operation:
    """A layer that is one node; `attributes` are the node's, with the names that the layer has for them."""

    def operation(graph: Graph, layer: Any, X: str) -> str:
        return graph.node(operator, X, **{theirs: getattr(layer, ours) for theirs, ours in attributes.items()})

    return operation


def dense(graph: Graph, layer: Any, X: str) -> str:
    return graph.node("Gemm", X, graph.constant(layer.parameters["W"]), graph.constant(layer.parameters["b"]))


def gelu(graph: Graph, layer: Any, X: str) -> str:
    """x Φ(x) = x (1 + erf(x / √2)) / 2."""
    erf = graph.node("Erf", graph.node("Mul", X, graph.constant(0.5**0.5)))
    return graph.node("Mul", graph.node("Mul", X, graph.constant(0.5)), graph.node("Add", erf, graph.constant(1)))


def conv(graph: Graph, layer: Any, X: str) -> str:
    constants = [graph.constant(layer.parameters["W"].transpose(3, 2, 0, 1))]  # (filters, channels, height, width)
    if layer.bias:
        constants.append(graph.constant(layer.parameters["b"]))
    return windows(graph, "Conv", X, constants, (layer.kernel, layer.stride, layer.padding))


def pool(operator: str) -> Operation:
    def operation(graph: Graph, layer: Any, X: str) -> str:
        stride = layer.size if layer.stride is None else layer.stride
        return windows(graph, operator, X, [], (layer.size, stride, layer.padding))

    return operation


def windows(graph: Graph, operator: str, X: str, constants: list[str], options: tuple[Any, Any, str]) -> str:
    """An operator that slides windows over the image, which it wants with the channels first."""
    grid = make_grid(operator, graph.shapes[X], *options)
    # ONNX's auto_pad would say the same in a word, but ONNX Runtime fails where a stride is longer than its window
    after = [
        whole - edge - before for whole, edge, before in zip(grid.padded, graph.shapes[X][:2], grid.before, strict=True)
    ]
    X = graph.node("Transpose", X, perm=[0, 3, 1, 2])
    Y = graph.node(operator, X, *constants, kernel_shape=grid.size, strides=grid.stride, pads=[*grid.before, *after])
    return graph.node("Transpose", Y, perm=[0, 2, 3, 1])


def batchnorm(graph: Graph, layer: Any, X: str) -> str:
    """In prediction it is a straight line for each channel."""
    scale = layer.parameters["gamma"] / np.sqrt(layer.state["var"] + layer.epsilon)
    shift = graph.node("Sub", X, graph.constant(layer.state["mean"]))
    scaled = graph.node("Mul", shift, graph.constant(scale))
    return graph.node("Add", scaled, graph.constant(layer.parameters["beta"]))


def layernorm(graph: Graph, layer: Any, X: str) -> str:
    gamma, beta = graph.constant(layer.parameters["gamma"]), graph.constant(layer.parameters["beta"])
    return graph.node("LayerNormalization", X, gamma, beta, axis=1, epsilon=layer.epsilon)


def residual(graph: Graph, layer: Any, X: str) -> str:
    return graph.node("Add", stack(graph, layer.layers, X), stack(graph, layer.shortcut, X))


OPERATORS: dict[str, Operation] = {
    "dense": dense,
    "conv": conv,
    "maxpool": pool("MaxPool"),
    "avgpool": pool("AveragePool"),
    "globalavgpool": lambda graph, _, X: graph.node("ReduceMean", X, graph.constant([1, 2], np.int64), keepdims=0),
    "batchnorm": batchnorm,
    "layernorm": layernorm,
    "dropout": lambda graph, _, X: X,
    "flatten": lambda graph, _, X: graph.node("Flatten", X, axis=1),
    "residual": residual,
    "relu": simple("Relu"),
    "leaky_relu": simple("LeakyRelu", alpha="slope"),
    "elu": simple("Elu", alpha="alpha"),
    "silu": lambda graph, _, X: graph.node("Mul", X, graph.node("Sigmoid", X)),
    "gelu": gelu,
    "tanh": simple("Tanh"),
    "sigmoid": simple("Sigmoid"),
    "softmax": lambda graph, _, X: graph.node("Softmax", X, axis=-1),
}
