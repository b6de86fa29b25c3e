"""A network in a few words."""

from math import prod

from dnn.model import Predictor
from dnn.network import Network, every

MOST = 8  # layers with weights that are listed
SILENT = {"dense", "conv", "flatten"}  # whose kinds the sizes tell


def architecture(model: Predictor) -> str:
    """Sizes and kinds of the layers, such as "784-128-64-32-10 (silu)", of an ensemble the first member's."""
    kinds, count = list(dict.fromkeys(map(layers, model.networks))), len(model.networks)
    return f"{f'{count} networks, ' if count > 1 else ''}{kinds[0]}{' and others' if len(kinds) > 1 else ''}"


def layers(network: Network) -> str:
    """Sizes and kinds of the layers."""
    found = list(every(network.layers))
    weighted = [(layer.kind, layer.parameter_shapes["W"][-1]) for layer in found if layer.kind in ("dense", "conv")]
    if network.has_images:
        sizes = ["x".join(map(str, network.input_shape[:2])), *(f"{kind} {size}" for kind, size in weighted)]
    else:
        sizes = [str(prod(network.input_shape)), *(str(size) for _, size in weighted)]
    if len(sizes) > MOST:
        sizes[4:-3] = [f"{len(sizes) - 7} more"]
    others = dict.fromkeys(layer.kind for layer in found if layer.kind not in SILENT)
    return (", " if network.has_images else "-").join(sizes) + (f" ({', '.join(others)})" if others else "")
