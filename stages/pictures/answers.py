"""Answers of the network to pictures, and their forms: JSON, CSV, bars in the terminal."""

import csv
import json
import sys
from dataclasses import dataclass
from typing import Any

from dnn.base.types import Array
from stages.display.bars import bars, printable, style_of
from stages.pictures.sources import Picture


@dataclass(frozen=True)
class Answer:
    """A picture and the network's opinion of it.

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
        """Probability of the most probable label."""
        return float(self.probabilities.max())

    def record(self) -> dict[str, Any]:
        """The answer for programs, without the pixels."""
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
    """Print the records as a JSON list."""
    print(json.dumps([answer.record() for answer in answers], indent=2))


def print_csv(answers: list[Answer], labels: list[str]) -> None:
    """Print a row for each picture; `truth` is empty where it is not known."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["picture", "truth", "digit", "confidence", *(f"p{label}" for label in labels)])
    for answer in answers:
        row = answer.record()
        name = printable(row["picture"], sys.stdout.encoding)
        writer.writerow([name, row["truth"], row["digit"], row["confidence"], *row["probabilities"].values()])


def show(answers: list[Answer]) -> None:
    """Print each answer for people."""
    style = style_of(sys.stdout)
    for number, answer in enumerate(answers):
        truth = f", truth {answer.picture.truth}" if answer.picture.truth is not None else ""
        name = printable(answer.picture.name, sys.stdout.encoding)
        if number:
            print()
        print(f"{name}: {answer.digit} ({answer.confidence:.2%} sure{truth})")
        print(*bars(answer.labels, answer.probabilities, style), sep="\n")
