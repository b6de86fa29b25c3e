"""What the network says of a picture, and its forms: JSON, CSV, terminal, figure."""

import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError
from dnn.base.files import replacing
from dnn.base.types import Array
from stages.datasets.centring import SIDE
from stages.display import bars as terminal
from stages.figures.style import BLUE, GREY, ORANGE, house_style, new_figure
from stages.pictures.sources import Picture


@dataclass(frozen=True)
class Answer:
    """A picture and what the network says of it.

    Args:
        labels: of the classes.
        probabilities: (classes,), summing to 1.
    """

    picture: Picture
    labels: list[str]
    probabilities: Array

    @property
    def digit(self) -> str:
        """The most probable label."""
        return self.labels[self.probabilities.argmax()]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.probabilities.max())

    def record(self) -> dict[str, Any]:
        """All of it but the pixels, for programs."""
        # Six digits are what float32 holds; repr would show the noise after them.
        probabilities = [float(f"{p:.6g}") for p in self.probabilities]
        return {
            "picture": self.picture.name,
            "truth": self.picture.truth,
            "digit": self.digit,
            "confidence": max(probabilities),
            "probabilities": dict(zip(self.labels, probabilities, strict=True)),
        }


def print_json(answers: list[Answer]) -> None:
    """A list of records."""
    print(json.dumps([answer.record() for answer in answers], indent=2))


def print_csv(answers: list[Answer], labels: list[str]) -> None:
    """One row for each picture; `truth` is empty where it is not known."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["picture", "truth", "digit", "confidence", *(f"p{label}" for label in labels)])
    for answer in answers:
        row = answer.record()
        name = terminal.printable(row["picture"], sys.stdout.encoding)
        writer.writerow([name, row["truth"], row["digit"], row["confidence"], *row["probabilities"].values()])


def show(answers: list[Answer], with_picture: bool = False) -> None:
    """Print each answer for people."""
    style = terminal.style_of(sys.stdout)
    for number, answer in enumerate(answers):
        truth = f", truth {answer.picture.truth}" if answer.picture.truth is not None else ""
        name = terminal.printable(answer.picture.name, sys.stdout.encoding)
        print("\n" * (number > 0) + f"{name}: {answer.digit} ({answer.confidence:.2%} sure{truth})")
        pixels = answer.picture.pixels if with_picture else None
        print(*terminal.chart(answer.labels, answer.probabilities, style, pixels), sep="\n")


@house_style()
def draw(path: Path, answers: list[Answer], caption: str) -> None:
    """Write a figure: each picture as the network sees it, beside its probabilities.

    Raises:
        InputError: the name's suffix is none that matplotlib writes.
    """
    columns = max(1, round((len(answers) / 3) ** 0.5))
    rows = -(-len(answers) // columns)
    figure = new_figure(5.2 * columns, 2.1 * rows + 0.3, caption)
    figure.set_layout_engine("constrained", h_pad=0.1, w_pad=0.1)
    grid = figure.subplots(rows, 2 * columns, squeeze=False, width_ratios=[1, 1.9] * columns)
    for ax in grid.flat:
        ax.axis("off")
    for (image, bars), answer in zip(grid.reshape(-1, 2), answers, strict=False):
        name, truth = answer.picture.name, answer.picture.truth
        image.imshow(answer.picture.pixels.reshape(SIDE, SIDE), cmap="gray", vmin=0, vmax=1)
        image.set_title(name if len(name) <= 24 else f"…{name[-23:]}", fontsize=9, parse_math=False)
        colour = BLUE if truth in (None, answer.digit) else ORANGE
        bars.axis("on")
        bars.bar(
            answer.labels, answer.probabilities, color=[colour if k == answer.digit else GREY for k in answer.labels]
        )
        said = f"{answer.digit}, {answer.confidence:.2%} sure"
        bars.set_title(said + (f", truth {truth}" if truth is not None else ""), fontsize=9, color=colour)
        bars.set(ylim=(0, 1), yticks=[0, 0.5, 1], yticklabels=["0", "50 %", "100 %"])
        bars.tick_params(length=0, labelsize=8)
        bars.grid(visible=False, axis="x")
    if path.suffix[1:].lower() not in figure.canvas.get_supported_filetypes():
        raise InputError(f"--figure {path}: matplotlib cannot write this kind; name it .png, .pdf or .svg")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
