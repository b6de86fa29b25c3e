"""A training as a person watches it: a bar for each epoch, or, where there is no terminal, some lines."""

import math
import time
from functools import partial
from typing import Self

from dnn.training.trainer import Trainer

EVERY = 0.5  # seconds between two drawings of the bar, so that it costs less than a hundredth of the time


class Progress:
    """A callback, and a context around the training: time left, loss, accuracy and learning rate.

    A terminal shows them behind a bar, which each epoch fills anew, without colours where `NO_COLOR` is set. Elsewhere,
    as in a pipe, a file or a notebook, each tenth of the epochs is a line.

    Args:
        epochs: that the training may take.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.drawn = self.began = time.monotonic()
        self.first: float | None = None  # epochs that were done before: by a training that goes on here
        self.measured = ""

    def __enter__(self) -> Self:
        from rich import progress, table
        from rich.console import Console

        console = Console()
        self.shown = console.is_terminal and not console.is_dumb_terminal
        column, wide = partial(table.Column, no_wrap=True), len(f"epoch {self.epochs}/{self.epochs}")
        epoch = progress.TextColumn("{task.description}", table_column=column(min_width=wide))
        told = progress.TextColumn("{task.fields[told]}", table_column=column())
        columns = epoch, progress.BarColumn(bar_width=None), told
        self.bar = progress.Progress(*columns, console=console, auto_refresh=False, expand=True)
        self.task = self.bar.add_task(f"epoch 1/{self.epochs}", total=1.0, told="")
        if self.shown:
            self.bar.start()
            self.bar.refresh()
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown:
            self.bar.stop()

    def on_step(self, done: float, rate: float, loss: float) -> None:
        """Move the bar; see `dnn.training.trainer.Trainer.fit`."""
        if self.first is None:
            self.first, self.began = done, time.monotonic()
        if self.shown and time.monotonic() - self.drawn > EVERY:
            self.draw(done, rate, loss)

    def __call__(self, trainer: Trainer) -> None:
        row = trainer.history[-1]
        epoch, over = int(row["epoch"]), trainer.stop or len(trainer.history) >= self.epochs
        name = "val_accuracy" if "val_accuracy" in row else "train_accuracy"
        self.measured = f"  {name} {row[name]:.2%}"
        if self.shown:
            self.draw(epoch, row["learning_rate"], row["train_loss"], over)
        elif over or epoch % max(self.epochs // 10, 1) == 0:
            validation = f"validation loss {row['val_loss']:.4f}, " if "val_loss" in row else ""
            losses = f"loss {row['train_loss']:.4f}, {validation}accuracy {row[name]:.2%}"
            print(f"epoch {epoch:>3} of {self.epochs}: {losses}", flush=True)

    def draw(self, done: float, rate: float, loss: float, over: bool = False) -> None:
        """Bring the line to so many epochs, with all that is known."""
        self.drawn = time.monotonic()
        took, since = self.drawn - self.began, done - (self.first or 0)
        if over:
            spent = f"{clock(took)} taken  "
        elif since:
            spent = f"{clock(took / since * (self.epochs - done))} left  "
        else:
            spent = ""  # it is the first step, after which nothing is known yet
        epoch = max(math.ceil(done), 1)
        self.bar.update(
            self.task,
            completed=done - epoch + 1,
            description=f"epoch {epoch}/{self.epochs}",
            told=f"{spent}loss {loss:.4f}{self.measured}  rate {rate:.2g}",
            refresh=True,
        )


def clock(seconds: float) -> str:
    """Hours, if there are any, minutes and seconds: 1:02:03, 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
