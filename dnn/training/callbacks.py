"""The callback that keeps the best weights."""

import math
from dataclasses import dataclass, field

from dnn.base.options import check_options, option
from dnn.base.types import Array
from dnn.training.trainer import Trainer


@dataclass
class BestWeights:
    """Keeps the parameters of the epoch with the least validation loss, and stops when there has been none for a while.

    The loss decides, not the accuracy: it changes with every probability, so chance moves it less. In another training
    it begins anew.
    """

    patience: int = option(0, "epochs without a better one after which training stops; 0: never", least=0)
    keeps: bool = option(True, "whether to keep them; without, only the epoch and its loss")
    epoch: int = field(init=False, default=0)  # the best so far, counted from 1
    loss: float = field(init=False, default=math.inf)
    params: Array | None = field(init=False, default=None)
    state: Array | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        check_options(self)

    def __call__(self, trainer: Trainer) -> None:
        now = trainer.history[-1]
        if now["epoch"] <= self.epoch:  # of another training
            self.epoch, self.loss, self.params, self.state = 0, math.inf, None, None
        if now["val_loss"] < self.loss:
            self.epoch, self.loss = now["epoch"], now["val_loss"]
            if self.keeps:
                self.params, self.state = trainer.network.params.copy(), trainer.network.state.copy()
        elif self.patience and now["epoch"] - self.epoch >= self.patience:
            trainer.stop = True

    def restore(self, trainer: Trainer) -> None:
        """Put the best parameters, and the state that goes with them, back into the network."""
        if self.params is not None:
            trainer.network.params[...], trainer.network.state[...] = self.params, self.state
