"""What a schedule is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from dnn.base.options import check_options


@dataclass(frozen=True)
class Schedule:
    """The dataclass fields of a subclass are its options; one out of its range raises InputError."""

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_options(self, f"schedule {self.kind}: ")

    def factor(self, step: int, total_steps: int, losses: Sequence[float] = ()) -> float:
        """What to multiply the base learning rate with, in [0, 1].

        Args:
            step: number of steps done before this one; what comes after the last is as the end.
            total_steps: number of steps in the whole training, at least 1.
            losses: validation loss of every epoch done; only `Plateau` looks at them.
        """
        return self.at(min(step / total_steps, 1))

    def at(self, t: float) -> float:
        """The factor when the fraction t of the training is done."""
        raise NotImplementedError
