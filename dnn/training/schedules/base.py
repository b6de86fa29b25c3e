"""The part that all schedules share."""

from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import check_options


@dataclass
class Schedule:
    """A factor of the learning rate for every step of one training.

    The options of a subclass are its fields declared by `option`; one out of its range raises InputError. They count in
    fractions of the training, so a schedule stays as it is when the number of epochs changes.
    """

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_options(self, f"schedule {self.kind}: ")

    def factor(self, step: int, total_steps: int) -> float:
        """The number to multiply the base learning rate with, in [0, 1].

        Args:
            step: number of steps done before this one; those after the last are as the end.
            total_steps: number of steps in the whole training, at least 1.
        """
        return self.at(min(step / total_steps, 1))

    def at(self, t: float) -> float:
        """The factor when the fraction t of the training is done."""
        raise NotImplementedError

    def observe(self, loss: float) -> None:
        """Take in the validation loss of one epoch after the other; only `Plateau` heeds it."""
