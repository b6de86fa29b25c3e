"""A training on its way through a search."""

from dataclasses import dataclass
from math import inf
from typing import Any

from stages.workers.task import Outcome, Trial


@dataclass(eq=False)
class Candidate:
    """A training that goes from rung to rung; without a trial of Optuna's it is that of params.yaml as it stands."""

    options: dict[str, Any]
    rungs: tuple[int, ...]
    trial: Any = None
    rung: int = 0
    trained: int = 0
    seconds: float = 0.0
    outcome: Outcome | str | None = None  # a text: the error that ended it

    @property
    def score(self) -> float:
        """Validation loss in nats, lower is better; infinite where the training ended with an error."""
        return float(self.figures()["validation_loss"]) if isinstance(self.outcome, Outcome) else inf

    @property
    def epochs(self) -> int:
        """How many there are to train to its next rung."""
        return self.rungs[self.rung] - self.trained

    def task(self, seed: int) -> Trial:
        """What brings it there."""
        until = None if self.rung == len(self.rungs) - 1 else self.rungs[self.rung]
        return Trial(self.options, seed, until, self.outcome.checkpoint if isinstance(self.outcome, Outcome) else b"")

    def figures(self) -> dict[str, Any]:
        """Those of its best epoch so far, which are what training would keep."""
        assert isinstance(self.outcome, Outcome)
        best = self.outcome.history[self.outcome.best_epoch - 1]
        return {
            "validation_loss": best["val_loss"],
            "validation_accuracy": best["val_accuracy"],
            "epochs": len(self.outcome.history),
            "best_epoch": self.outcome.best_epoch,
            "parameters": self.outcome.parameters,
            "seconds": round(self.seconds, 2),
        }
