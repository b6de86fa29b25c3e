"""A model as an ONNX graph, which other runtimes execute."""

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from types import MappingProxyType

import numpy as np

from dnn.base.extra import extra
from dnn.base.files import replacing
from dnn.ensemble import Ensemble
from dnn.formats.model_file import header_of
from dnn.formats.onnx_operators import Graph, stack
from dnn.model import Predictor

NOTHING: Mapping[str, str] = MappingProxyType({})
OPSET, IR_VERSION = 18, 8  # of December 2022: the oldest that have all operators


def export_onnx(path: str | Path, model: Predictor, metadata: Mapping[str, str] = NOTHING) -> None:
    """Write the model, whole or not at all.

    The graph maps `images`, (batch, inputs) float32 of any batch size, to `probabilities`, (batch, classes). Its
    metadata has the entry `header`, the JSON text of `dnn.formats.model_file.header_of`.

    Args:
        path: of the file.
        model: a network or an ensemble.
        metadata: more entries of it.

    Raises:
        InputError: the package onnx is not installed.
    """
    onnx = extra("onnx", "export")
    graph = Graph(onnx)
    graph.node("Softmax", logits(graph, model, "images"), output="probabilities", axis=-1)
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", size])
        for name, size in (("images", prod(model.input_shape)), ("probabilities", len(model.classes)))
    ]
    made = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "dnn", ends[:1], ends[1:], graph.constants),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="mnist-from-scratch",
    )
    onnx.helper.set_model_props(made, {"header": json.dumps(header_of(model)), **metadata})
    with replacing(path) as temporary:
        temporary.write_bytes(made.SerializeToString(deterministic=True))


def logits(graph: Graph, model: Predictor, X: str) -> str:
    """The nodes of `model.logits`, divided by the temperature; answers the name of the last one's output."""
    if isinstance(model, Ensemble):
        logs = [graph.node("LogSoftmax", logits(graph, member, X), axis=-1) for member in model.members]
        # log Σ_m p_m, from the largest of them on, as a probability may be too small for float32
        largest = graph.node("Max", *logs)
        total = graph.node("Sum", *(graph.node("Exp", graph.node("Sub", log, largest)) for log in logs))
        Z = graph.node("Add", largest, graph.node("Log", total))
    else:
        network = model.networks[0]
        if len(network.input_shape) > 1:
            X = graph.node("Reshape", X, graph.constant([0, *network.input_shape], np.int64))  # 0: as it is
        graph.shapes[X] = network.input_shape
        Z = stack(graph, network.layers, X)
    return graph.node("Div", Z, graph.constant(model.temperature))
