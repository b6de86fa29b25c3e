"""A trained network, for those who only want its answers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dnn.base.kinds import check
from dnn.base.types import Array, Shape
from dnn.losses import softmax
from dnn.network import Network, check_finite

QUIET = np.errstate(over="ignore", invalid="ignore")  # what is too large is found in the answers


class Predictor(ABC):
    """Anything that tells classes with probabilities: a model, an ensemble of models.

    Attributes:
        classes: (classes,) labels, in the order of the logits.
        about: JSON-ready facts: data set, preprocessing, metrics and the like.
        temperature: T, from 1e-6 to 1e6, that the logits are divided by, see `dnn.calibration.fit_temperature`.
    """

    classes: Array
    about: dict[str, Any]
    temperature: float

    @property
    @abstractmethod
    def networks(self) -> list[Network]:
        """All networks that answer; one, unless it is an ensemble."""

    @abstractmethod
    def compute_logits(self, X: Array) -> Array:
        """X: (n, *input_shape) -> (n, classes), a new array, for `logits` to check."""

    @QUIET
    def logits(self, X: Array) -> Array:
        """X: (n, *input_shape) -> (n, classes), a new array; the temperature is not in them yet.

        Raises:
            InputError: they are not finite, as X or the weights are too large, or not numbers.
        """
        logits = self.compute_logits(X)
        check_finite(logits, X, self.networks)
        return logits

    @property
    def input_shape(self) -> Shape:
        """Shape of one example; any other of as many elements does, too."""
        return self.networks[0].input_shape

    @property
    def parameter_count(self) -> int:
        """Number of trained parameters."""
        return sum(network.params.size for network in self.networks)

    @QUIET
    def predict_proba(self, X: Array) -> Array:
        """softmax(logits / T): X: (n, *input_shape) -> (n, classes), rows of probabilities; raises as `logits` does."""
        logits = self.compute_logits(X)
        logits /= self.temperature
        check_finite(logits, X, self.networks)
        return softmax(logits, out=logits)

    def predict(self, X: Array) -> Array:
        """X: (n, *input_shape) -> (n,) labels of the most probable class, the same at any temperature; see `logits`."""
        labels: Array = self.classes[self.logits(X).argmax(axis=1)]
        return labels


def check_temperature(value: Any) -> float:
    """The value as a temperature that leaves finite logits finite: 1e-6 to 1e6; InputError where it is none."""
    temperature: float = check("temperature", value, float, least=1e-6, most=1e6)
    return temperature


@dataclass
class Model(Predictor):
    """A network together with what its file says about it; for the arguments see `Predictor`.

    Raises:
        InputError: the temperature is not from 1e-6 to 1e6.
    """

    network: Network
    classes: Array
    about: dict[str, Any] = field(default_factory=dict)
    temperature: float = 1.0

    def __post_init__(self) -> None:
        self.temperature = check_temperature(self.temperature)

    @property
    def networks(self) -> list[Network]:
        return [self.network]

    def compute_logits(self, X: Array) -> Array:
        return self.network.logits(X)
