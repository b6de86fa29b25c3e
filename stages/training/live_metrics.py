"""Every epoch's figures, handed to DVCLive as they come."""

from dataclasses import dataclass, field
from pathlib import Path

from dvclive.live import Live

from dnn.base.files import naming_file
from dnn.training.trainer import Trainer
from stages.training.history import NAMES


@dataclass
class LiveMetrics:
    """Hands every epoch's figures to DVCLive, which DVC and its extension for VS Code read as they are written."""

    live: Live
    logged: int = field(init=False, default=0)

    def __call__(self, trainer: Trainer) -> None:
        with naming_file(Path(self.live.dir)):
            for row in trainer.history[self.logged :]:  # more than one where an earlier, interrupted training goes on
                for name in NAMES:
                    self.live.log_metric(name, row[name])
                self.live.next_step()  # type: ignore[no-untyped-call]
        self.logged = len(trainer.history)
