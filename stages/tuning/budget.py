"""The budget of a search: how much it may try, and what there is still time for."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dnn.base.errors import InputError

FACTOR = 3  # about one trial in three goes on, for three times as long


class Pruner(StrEnum):
    """Rule that ends trials early."""

    HALVING = "halving"
    HYPERBAND = "hyperband"
    NONE = "none"


@dataclass(frozen=True)
class Plan:
    """The size of a search."""

    trials: int  # in the study, those of earlier runs among them
    minutes: float  # of this run
    epochs: int  # of a whole training
    shortest: int  # epochs before a trial is judged first
    generation: int  # how many trials begin in a round
    pruner: Pruner
    seed: int  # of the trials' values
    training_seed: int  # of each training

    def __post_init__(self) -> None:
        if not self.minutes >= 0:  # not a number neither
            raise InputError(f"--minutes is {self.minutes}, it should be a number at least 0")

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """The epochs after which a training is judged; none but the last is in its second half."""
        rungs: list[int] = []
        while (rung := self.shortest * FACTOR ** len(rungs)) <= epochs / 2:
            rungs.append(rung)
        return (*rungs, epochs)


@dataclass
class Clock:
    """The time that is left, and what it is enough for by the pace of the last round."""

    minutes: float
    started: float = field(default_factory=time.monotonic)
    one: float = 0.0  # seconds in which one training does an epoch
    every: float = 0.0  # seconds in which all workers together do one

    @property
    def left(self) -> float:
        """Seconds until the minutes are over."""
        return self.started + 60 * self.minutes - time.monotonic()

    def measure(self, epochs: int, training: float, elapsed: float) -> None:
        """Learn from a round: its epochs, the seconds of its trainings, added up, and those that went by."""
        self.one, self.every = training / epochs, elapsed / epochs

    def for_new(self, plan: Plan) -> bool:
        """Whether trials that begin now can get to the end, and their generation through its rungs."""
        epochs = plan.generation * plan.shortest * len(plan.rungs(plan.epochs))  # each rung takes about as many
        return self.left > max(plan.epochs * self.one, epochs * self.every)

    def affordable(self, epochs: Sequence[int]) -> list[bool]:
        """Of trainings with so many epochs to go, the ones that can end in time when the first are served first."""
        chosen, before = [], 0
        for count in epochs:
            chosen.append(max((before + count) * self.every, count * self.one) < self.left)
            before += count * chosen[-1]
        return chosen
