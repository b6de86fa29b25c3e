"""The learning curves while a network trains, as a page that renews itself."""

import base64
import io
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from dnn.base.files import write_text
from dnn.training.trainer import Trainer
from stages.figures.curves import learning_curves

REFRESH = '<meta http-equiv="refresh" content="5">'
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{refresh}
<style>body{{font-family:sans-serif;margin:2rem;text-align:center;color:#222}} img{{max-width:100%}}</style></head>
<body><h1>{title}</h1>{picture}</body></html>
"""


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
