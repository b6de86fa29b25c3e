"""Transfer: a network that starts from the layers of a trained one."""

import numpy as np

from dnn.base.errors import InputError
from dnn.base.kinds import check
from dnn.layers import Dense, layer_from_config
from dnn.network import Network


def start_from(
    network: Network, classes: int, rng: np.random.Generator, freeze: int = 0, frozen_rate: float = 0.0
) -> Network:
    """A copy of the network with a new last layer, for other classes.

    Args:
        network: whose last layer is dense.
        classes: outputs of the new last layer.
        rng: draws the new layer's weights.
        freeze: number of layers, from the first, that keep what they have learned, or nearly so.
        frozen_rate: factor of their learning rate, in [0, 1]; 0 freezes them wholly.

    Raises:
        InputError: the last layer is not dense, `freeze` leaves no layer to train, or a number is out of its range.

    Source: Yosinski et al. 2014, "How transferable are features in deep neural networks?".
    """
    head = network.layers[-1]
    if not isinstance(head, Dense):
        raise InputError(f"the last layer is {head.kind}, only a dense one can be replaced")
    classes = check("classes", classes, int, least=1)
    frozen_rate = check("frozen_rate", frozen_rate, float, least=0, most=1)
    freeze = check("freeze", freeze, int)
    if not 0 <= freeze < len(network.layers):
        raise InputError(
            f"freeze is {freeze}, the network has {len(network.layers)} layers: 0 to {len(network.layers) - 1}"
        )
    body = [layer_from_config(layer.config()) for layer in network.layers[:-1]]
    copy = Network([*body, Dense(classes, head.initializer)], network.input_shape, network.params.dtype)
    copy.initialize(rng)
    kept = network.params.size - sum(parameter.size for parameter in head.parameters.values())
    copy.params[:kept] = network.params[:kept]
    copy.state[...] = network.state  # a dense layer has none
    copy.set_learning_rates([frozen_rate] * freeze + [1.0] * (len(copy.layers) - freeze))
    return copy
