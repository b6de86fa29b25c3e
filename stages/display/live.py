"""What a person sees while a network trains: a progress line, DVCLive's metrics, and a page that renews itself."""

import base64
import io
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from dvclive.live import Live
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dnn.base.files import write_text
from dnn.training.trainer import Trainer
from stages.figures.curves import learning_curves
from stages.training.history import NAMES

REFRESH = '<meta http-equiv="refresh" content="5">'
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{refresh}
<style>body{{font-family:sans-serif;margin:2rem;text-align:center;color:#222}} img{{max-width:100%}}</style></head>
<body><h1>{title}</h1>{picture}</body></html>
"""


class ProgressBar:
    """A bar with loss and accuracy; where the output is no terminal, a line for every tenth of the training.

    Args:
        epochs: how many the training may take.
    """

    def __init__(self, epochs: int) -> None:
        self.console = Console()
        self.epochs = epochs
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.bar = Progress(*columns, TimeRemainingColumn(), console=self.console)
        self.task = self.bar.add_task("training", total=epochs)

    def __enter__(self) -> "ProgressBar":
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop() if self.console.is_terminal else None

    def __call__(self, trainer: Trainer) -> None:
        row = trainer.history[-1]
        text = (
            f"loss {row['train_loss']:.4f}, validation loss {row['val_loss']:.4f}, accuracy {row['val_accuracy']:.2%}"
        )
        self.bar.update(self.task, completed=row["epoch"], description=text)
        if not self.console.is_terminal and (row["epoch"] % max(self.epochs // 10, 1) == 0 or trainer.stop):
            print(f"epoch {row['epoch']:>3} of {self.epochs}: {text}", flush=True)


@dataclass
class LiveMetrics:
    """Hands every epoch's figures to DVCLive, which DVC and its extension for VS Code read as they are written."""

    live: Live
    logged: int = field(init=False, default=0)

    def __call__(self, trainer: Trainer) -> None:
        for row in trainer.history[self.logged :]:  # more than one where an earlier, interrupted training goes on
            for column, name in NAMES.items():
                self.live.log_metric(name, row[column])
            self.live.next_step()  # type: ignore[no-untyped-call]
        self.logged = len(trainer.history)


@dataclass
class LivePage:
    """Draws the learning curves into one HTML file that reloads itself and needs no network.

    Args:
        path: of the file.
        caption: under the picture.
        every: seconds between two drawings, so that drawing costs a few per cent of the time at most.
    """

    path: Path
    caption: str
    every: float = 5.0
    drawn: float = field(init=False, default=-math.inf)

    def __enter__(self) -> "LivePage":
        self.write("Training: the first epoch is not over yet", "", going_on=True)
        return self

    def __exit__(self, error: object, *_: object) -> None:
        text = self.path.read_text(encoding="utf-8")
        if error and REFRESH in text:
            write_text(self.path, text.replace(REFRESH, "").replace("Training: ", "Stopped: "))

    def __call__(self, trainer: Trainer) -> None:
        done = trainer.stop or len(trainer.history) == trainer.recipe.epochs
        if not done and time.monotonic() - self.drawn < self.every:
            return
        picture = io.BytesIO()
        learning_curves(pd.DataFrame(trainer.history), self.caption).savefig(picture, dpi=110)
        encoded = base64.b64encode(picture.getvalue()).decode()
        title = f"{'Trained' if done else 'Training'}: epoch {len(trainer.history)} of {trainer.recipe.epochs}"
        self.write(title, f'<img alt="Learning curves" src="data:image/png;base64,{encoded}">', going_on=not done)
        self.drawn = time.monotonic()

    def write(self, title: str, picture: str, going_on: bool) -> None:
        """Write the page; one that goes on reloads itself."""
        write_text(self.path, PAGE.format(refresh=REFRESH if going_on else "", title=title, picture=picture))
