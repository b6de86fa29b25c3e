"""A trained network, for those who only want its answers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from dnn.base.types import Array, Shape
from dnn.losses import softmax
from dnn.network import Network


class Predictor(ABC):
    """Anything that tells classes with probabilities: a model, an ensemble of models.

    Attributes:
        classes: (classes,) labels, in the order of the logits.
        about: JSON-ready facts: data set, preprocessing, metrics and the like.
        temperature: T > 0 that the logits are divided by, see `dnn.calibration.fit_temperature`.
    """

    classes: Array
    about: dict[str, Any]
    temperature: float

    @property
    @abstractmethod
    def networks(self) -> list[Network]:
        """All networks that answer; one, unless it is an ensemble."""

    @abstractmethod
    def logits(self, X: Array) -> Array:
        """X: (n, *input_shape) -> (n, classes), a new array; the temperature is not in them yet."""

    @property
    def input_shape(self) -> Shape:
        """Shape of one example; any other of as many elements does, too."""
        return self.networks[0].input_shape

    @property
    def parameter_count(self) -> int:
        """Number of trained parameters."""
        return sum(network.params.size for network in self.networks)

    def predict_proba(self, X: Array) -> Array:
        """softmax(logits / T): X: (n, *input_shape) -> (n, classes), rows of probabilities."""
        logits = self.logits(X)
        logits /= self.temperature
        return softmax(logits, out=logits)

    def predict(self, X: Array) -> Array:
        """X: (n, *input_shape) -> (n,) labels of the most probable class, the same at any temperature."""
        labels: Array = self.classes[self.logits(X).argmax(axis=1)]
        return labels


@dataclass
class Model(Predictor):
    """A network together with what its file says about it; for the arguments see `Predictor`."""

    network: Network
    classes: Array
    about: dict[str, Any] = field(default_factory=dict)
    temperature: float = 1.0

    @property
    def networks(self) -> list[Network]:
        return [self.network]

    def logits(self, X: Array) -> Array:
        return self.network.logits(X)
