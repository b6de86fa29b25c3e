"""The learning curves while a network trains, as a page that renews itself."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dnn.training.trainer import Trainer
from stages.display.pages import write_page
from stages.figures.curves import learning_curves
from stages.figures.style import png


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
    drawn: float = field(init=False, default=0.0)
    state: str = field(init=False, default="the first epoch is not over yet")
    picture: bytes = field(init=False, default=b"")
    going_on: bool = field(init=False, default=True)

    def __enter__(self) -> "LivePage":
        self.drawn = time.monotonic()
        self.write("Training")
        return self

    def __exit__(self, error: object, *_: object) -> None:
        if error and self.going_on:
            self.going_on = False
            self.write("Stopped")

    def __call__(self, trainer: Trainer) -> None:
        self.going_on = not trainer.stop and len(trainer.history) < trainer.recipe.epochs
        soon = time.monotonic() - self.drawn < self.every
        if self.going_on and soon:
            return
        if self.picture or not soon:  # a training of some seconds is not worth a second of drawing
            history = {name: np.array([row[name] for row in trainer.history]) for name in trainer.history[0]}
            self.picture = png(learning_curves(history, self.caption))
        self.state = f"epoch {len(trainer.history)} of {trainer.recipe.epochs}"
        self.write("Training" if self.going_on else "Trained")
        self.drawn = time.monotonic()

    def write(self, word: str) -> None:
        """Write the page; one that goes on reloads itself."""
        title = f"{word}: {self.state}"
        write_page(self.path, "live.html", title=title, picture=self.picture, going_on=self.going_on)
