"""Answers of the network to pictures, and their forms: JSON, CSV, bars in the terminal."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dnn.base.types import Array
from stages.display.bars import bars, printable, style_of
from stages.pictures.sources import Picture

UNLIKE = "unlike any digit it has learned"


@dataclass(frozen=True)
class Answer:
    """A picture, or a digit of one that has several, and the network's opinion of it.

    Args:
        labels: names of the classes.
        probabilities: (classes,), summing to 1.
        word: for a class, digit where they are digits.
        doubtful: whether it is unlike any digit that the network has learned; None where that is not known.
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
            "left_out": self.picture.left_out,
            "probabilities": dict(zip(self.labels, probabilities, strict=True)),
        }


def by_picture(answers: Iterable[Answer]) -> list[list[Answer]]:
    """The answers to each picture, of which one may hold several digits."""
    groups: list[list[Answer]] = []
    for answer in answers:
        if answer.picture.place == 1:
            groups.append([])
        groups[-1].append(answer)
    return groups


def number(answers: Iterable[Answer]) -> str:
    """The digits of one picture as one number, or one for each row."""
    rows = groupby(answers, key=lambda answer: answer.picture.row)
    return " ".join("".join(answer.told for answer in row) for _, row in rows)


def print_json(answers: list[Answer]) -> None:
    """Print the records as a JSON list: one for each picture, or for each digit in it, which then says its place, from
    1, and the number that they are together.
    """
    records = []
    for group in by_picture(answers):
        whole = number(group)
        for answer in group:
            several = {"place": answer.picture.place, "number": whole} if len(group) > 1 else {}
            records.append(answer.record() | several)
    print(json.dumps(records, indent=2))


def print_csv(answers: list[Answer], labels: Sequence[str], word: str) -> None:
    """Print a row for each picture, or for each digit in it, in reading order; `truth` is empty where it is not known.
    The columns of probabilities are called as in predictions.csv: p0, p1, ... by the number of the class.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["picture", "truth", word, "confidence", "doubtful", *(f"p{label}" for label in labels)])
    for answer in answers:
        row = answer.record()
        name = printable(row["picture"], sys.stdout.encoding)
        doubtful = "" if answer.doubtful is None else str(answer.doubtful).lower()
        writer.writerow([name, row["truth"], row[word], row["confidence"], doubtful, *row["probabilities"].values()])


def show(answers: list[Answer], with_bars: bool | None = None) -> None:
    """Print the answers to each picture for people.

    Args:
        with_bars: whether all probabilities are shown, as bars; None: where it is one picture, others are a line each.
    """
    style, encoding, groups = style_of(sys.stdout), sys.stdout.encoding, by_picture(answers)
    with_bars = len(groups) == 1 if with_bars is None else with_bars
    for place, group in enumerate(groups):
        if place and with_bars:
            print()
        name = printable(group[0].picture.name, encoding)
        if len(group) > 1:
            least = "" if with_bars else f", at least {min(answer.confidence for answer in group):.2%} sure"
            doubtful = sum(bool(answer.doubtful) for answer in group)
            doubt = f", {doubtful} of them doubtful" if doubtful else ""
            print(f"{name}: {number(group)} ({len(group)} digits{least}{doubt}){left_out(group[0].picture)}")
            if not with_bars:
                continue
        for answer in group:
            labels = [printable(label, encoding) for label in answer.labels]
            truth = f", truth {printable(answer.picture.truth, encoding)}" if answer.picture.truth is not None else ""
            head = f"{name}: " if len(group) == 1 else ""
            doubt = f", but doubtful: {UNLIKE}" if answer.doubtful else ""
            left = left_out(answer.picture) if len(group) == 1 else ""
            print(f"{head}{printable(answer.told, encoding)} ({answer.confidence:.2%} sure{truth}){doubt}{left}")
            if with_bars:
                print(*bars(labels, answer.probabilities, style), sep="\n")


def left_out(picture: Picture) -> str:
    """The end of a line that says how much in the picture is no digit; nothing where that is nothing."""
    count = picture.left_out
    return f"; left out: {count} smaller thing{'s' if count > 1 else ''}" if count else ""
