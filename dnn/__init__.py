"""A neural network from scratch in NumPy.

`from dnn import DeepNeuralNetwork` is the scikit-learn classifier; `dnn.network`, `dnn.training` and the rest are what
it is made of.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dnn.base.blas import kernels
    from dnn.classifier import DeepNeuralNetwork

__all__ = ["DeepNeuralNetwork", "kernels"]
__version__ = "0.1.0"
HOMES = {"DeepNeuralNetwork": "dnn.classifier", "kernels": "dnn.base.blas"}


def __getattr__(name: str) -> Any:
    """Import scikit-learn with the classifier only when it is asked for: it costs more time than a prediction."""
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
