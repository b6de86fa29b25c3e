"""The same networks in scikit-learn."""

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.neural_network import MLPClassifier

from dnn.layers import Dense
from dnn.network import Network
from tests.benchmarks.clock import seconds
from tests.benchmarks.networks import RATE


def sklearn_copy(network: Network, batch_size: int) -> MLPClassifier:
    """The same network in scikit-learn, after one pass over nothing that counts."""
    layers = [layer for layer in network.layers if isinstance(layer, Dense)]
    model = MLPClassifier(
        [layer.units for layer in layers[:-1]], alpha=0, batch_size=batch_size, learning_rate_init=RATE, shuffle=False
    )
    X = np.zeros((10, len(layers[0].parameters["W"])), network.params.dtype)
    with warnings.catch_warnings(action="ignore"):  # of the batch size
        model.partial_fit(X, np.arange(10), classes=np.arange(10))
    for array, layer in zip(model.coefs_, layers, strict=True):
        array[...] = layer.parameters["W"]
    for array, layer in zip(model.intercepts_, layers, strict=True):
        array[...] = layer.parameters["b"]
    del model._optimizer  # which begins anew with the weights
    return model


def run_steps(network: Network, batch_size: int, X: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """Seconds a step, of one epoch over X."""
    model = sklearn_copy(network, batch_size)
    model.shuffle = True

    def run() -> float:
        with warnings.catch_warnings(action="ignore"):
            return seconds(lambda: model.partial_fit(X, y)) / -(-len(X) // batch_size)

    return run
