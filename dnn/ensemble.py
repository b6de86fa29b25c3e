"""Several models that answer together."""

from dataclasses import dataclass, field
from math import log, prod
from typing import Any

import numpy as np

from dnn.base.errors import InputError, shown
from dnn.base.kinds import Kind, check, listed
from dnn.base.types import Array
from dnn.losses import log_softmax
from dnn.model import Predictor
from dnn.network import Network


def predictors(value: Any) -> list[Predictor]:
    """A list of models and ensembles."""
    members = listed(value)
    if not all(isinstance(member, Predictor) for member in members):
        raise TypeError
    return members


MEMBERS = Kind("a list of models or ensembles", predictors)


@dataclass
class Ensemble(Predictor):
    """p = 1/M Σ_m p_m, the mean of the members' probabilities, each at its own temperature.

    Its logits are log p, so that a temperature of its own, fitted on them, calibrates the ensemble as a whole.

    Args:
        members: at least one, of any architectures, with the same classes and number of inputs.
        about, temperature: see `Predictor`.

    Raises:
        InputError: there is no member, they do not fit together, or an argument is of another kind.

    Sources: Lakshminarayanan, Pritzel & Blundell 2017, "Simple and scalable predictive uncertainty estimation using
    deep ensembles", section 2.4; Rahaman & Thiery 2021, "Uncertainty quantification and deep ensembles" (calibrate
    after averaging).
    """

    members: list[Predictor]
    about: dict[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    classes: Array = field(init=False)

    def __post_init__(self) -> None:
        self.members = check("members", self.members, MEMBERS)
        self.temperature = check("temperature", self.temperature, float, above=0)
        if not self.members:
            raise InputError("an ensemble needs at least one member")
        self.classes, shape = self.members[0].classes, self.members[0].input_shape
        for number, member in enumerate(self.members, start=1):
            if not np.array_equal(member.classes, self.classes):
                raise InputError(
                    f"member {number} of the ensemble tells the classes {shown(member.classes.tolist())}, "
                    f"member 1 {shown(self.classes.tolist())}; they must be the same, in the same order"
                )
            if prod(member.input_shape) != prod(shape):
                raise InputError(
                    f"member {number} of the ensemble takes inputs of shape {member.input_shape}, member 1 of {shape}"
                )

    @property
    def networks(self) -> list[Network]:
        return [network for member in self.members for network in member.networks]

    def compute_logits(self, X: Array) -> Array:
        """log p = log Σ_m exp(log p_m) - log M, which is finite for any finite logits of the members."""
        logs = [log_softmax(member.logits(X) / member.temperature) for member in self.members]
        total: Array = np.logaddexp.reduce(logs)
        return np.subtract(total, log(len(logs)), out=total)
