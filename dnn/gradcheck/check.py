"""Gradients against central differences, in float64."""

from collections.abc import Callable

import numpy as np

from dnn.base.types import Array
from dnn.gradcheck.cases import Case
from dnn.network import Network

TOLERANCE = 1e-6  # the largest relative error that a right gradient has
STEP = float(np.finfo(float).eps) ** (1 / 3)  # where rounding and the omitted terms of the series weigh the same
FLOOR = 1e-3  # a gradient that is 0 comes out of central differences as about 1e-10


def gradient_errors(case: Case) -> dict[str, float]:
    """The relative errors of the gradients of inputs ("X") and parameters ("1.W": W of the first layer).

    The objective is the case's loss, or where it has none Σ Y dY with a random dY.
    """
    network, X = case.network(np.float64), case.inputs(np.float64)

    def objective() -> float:
        return case.objective(case.forward(network, X))[0]

    dY = case.objective(case.forward(network, X))[1]
    checked = {"X": (X, backward(network, dY).copy())}
    for number, layer in enumerate(network.layers, start=1):
        for name, parameter in layer.parameters.items():
            checked[f"{number}.{name}"] = parameter, layer.gradients[name].copy()
    return {name: relative_error(g, numerical_gradient(objective, x)) for name, (x, g) in checked.items()}


def backward(network: Network, dY: Array) -> Array:
    """Through all layers: dX, which `Network.backward` does not compute."""
    for layer in reversed(network.layers):
        dY = layer.backward(dY)
    return dY


def numerical_gradient(f: Callable[[], float], x: Array) -> Array:
    """(f(x + h) - f(x - h)) / 2h for each element of the float64 array x, which f reads and this changes in place.

    h is scaled with the element where that is above 1.
    """
    gradient = np.empty_like(x)
    for index, value in np.ndenumerate(x):
        h = STEP * max(1.0, abs(value))
        x[index] = value + h
        above = f()
        x[index] = value - h
        gradient[index] = (above - f()) / (2 * h)
        x[index] = value
    return gradient


def relative_error(actual: Array, expected: Array) -> float:
    """max |actual - expected| / max |expected|, the latter at least `FLOOR`; NaN where there is one."""
    return float(np.abs(actual - expected).max() / np.maximum(np.abs(expected).max(), FLOOR))
