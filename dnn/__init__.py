"""A neural network from scratch in NumPy.

`from dnn import DeepNeuralNetwork` is the scikit-learn classifier; `dnn.network`, `dnn.training` and the rest are what
it is made of.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dnn.base.kernels import kernels
    from dnn.classifier import DeepNeuralNetwork

__all__ = ["DeepNeuralNetwork", "kernels"]


def __getattr__(name: str) -> Any:
    """Import scikit-learn with the classifier only when it is asked for: it costs more time than a prediction."""
    if name == "DeepNeuralNetwork":
        from dnn.classifier import DeepNeuralNetwork

        return DeepNeuralNetwork
    if name == "kernels":
        from dnn.base.kernels import kernels

        return kernels
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
