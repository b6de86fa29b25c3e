"""Answers of the network to pictures, and their forms: JSON, CSV, bars in the terminal."""

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dnn.base.types import Array
from stages.display.bars import bars, printable, style_of
from stages.pictures.sources import Picture

UNLIKE = "unlike any digit it has learned"


@dataclass(frozen=True)
class Answer:
    """A picture and the network's opinion of it.

    Args:
        labels: names of the classes.
        probabilities: (classes,), summing to 1.
        word: for a class, digit where they are digits.
        doubtful: whether the picture is unlike any digit that the network has learned; None where that is not known.
    """

    picture: Picture
    labels: list[str]
    probabilities: Array
    word: str = "digit"
    doubtful: bool | None = None

    @property
    def told(self) -> str:
        """The most probable label."""
        return self.labels[self.probabilities.argmax()]

    @property
    def confidence(self) -> float:
        """Probability of the most probable label."""
        return float(self.probabilities.max())

    def record(self) -> dict[str, Any]:
        """The answer for programs, without the pixels."""
        # Six digits are what float32 holds; repr would show the noise after them.
        probabilities = [float(f"{p:.6g}") for p in self.probabilities]
        return {
            "picture": self.picture.name,
            "truth": self.picture.truth,
            self.word: self.told,
            "confidence": max(probabilities),
            "doubtful": self.doubtful,
            "probabilities": dict(zip(self.labels, probabilities, strict=True)),
        }


def print_json(answers: list[Answer]) -> None:
    """Print the records as a JSON list."""
    print(json.dumps([answer.record() for answer in answers], indent=2))


def print_csv(answers: list[Answer], labels: Sequence[str], word: str) -> None:
    """Print a row for each picture; `truth` is empty where it is not known. The columns of probabilities are called as
    in predictions.csv: p0, p1, ... by the number of the class.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["picture", "truth", word, "confidence", "doubtful", *(f"p{label}" for label in labels)])
    for answer in answers:
        row = answer.record()
        name = printable(row["picture"], sys.stdout.encoding)
        doubtful = "" if answer.doubtful is None else str(answer.doubtful).lower()
        writer.writerow([name, row["truth"], row[word], row["confidence"], doubtful, *row["probabilities"].values()])


def show(answers: list[Answer]) -> None:
    """Print each answer for people."""
    style, encoding = style_of(sys.stdout), sys.stdout.encoding
    for number, answer in enumerate(answers):
        labels = [printable(label, encoding) for label in answer.labels]
        truth = f", truth {printable(answer.picture.truth, encoding)}" if answer.picture.truth is not None else ""
        name, told = (printable(text, encoding) for text in (answer.picture.name, answer.told))
        if number:
            print()
        doubt = f", but doubtful: {UNLIKE}" if answer.doubtful else ""
        print(f"{name}: {told} ({answer.confidence:.2%} sure{truth}){doubt}")
        print(*bars(labels, answer.probabilities, style), sep="\n")
