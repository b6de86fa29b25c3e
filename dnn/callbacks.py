"""What may happen after an epoch."""

from dataclasses import dataclass, field

from dnn.trainer import Trainer
from dnn.types import Array


def score(row: dict[str, float]) -> tuple[float, float]:
    """What makes one epoch better than another: validation accuracy, and between equals the smaller validation loss."""
    return row["val_accuracy"], -row["val_loss"]


@dataclass
class BestWeights:
    """Keeps the parameters of the best epoch on the validation set, and stops when there has been none for a while.

    Args:
        patience: epochs without a better one after which training stops; 0 means never.
    """

    patience: int = 0
    epoch: int = field(init=False, default=0)  # the best so far, counted from 1
    params: Array | None = field(init=False, default=None)

    def __call__(self, trainer: Trainer) -> None:
        now = trainer.history[-1]
        if self.epoch == 0 or score(now) > score(trainer.history[self.epoch - 1]):
            self.epoch, self.params = now["epoch"], trainer.network.params.copy()
        elif self.patience and now["epoch"] - self.epoch >= self.patience:
            trainer.stop = True

    def restore(self, trainer: Trainer) -> None:
        """Put the best parameters back into the network."""
        if self.params is not None:
            trainer.network.params[...] = self.params
