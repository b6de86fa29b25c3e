"""Findings in numbers and sentences: figures, report and model card take them from here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dnn.base.types import Array

Table = Mapping[str, Array]  # the columns of predictions.csv by their names
Z = 1.959964  # of the normal distribution, for 95 % of the cases


def wilson(hits: Array | float, n: Array | float) -> tuple[Array, Array]:
    """The 95 % interval of a share of which `hits` of `n` > 0 were seen: its lower and upper ends, in [0, 1].

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    n = np.asarray(n, np.float64)
    p = np.asarray(hits, np.float64) / n
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return (middle - half).clip(0, 1), (middle + half).clip(0, 1)


def interval(hits: float, n: float) -> str:
    """The interval of `wilson` in words."""
    low, high = wilson(hits, n)
    return f"{100 * low:.2f} to {high:.2%}"


def is_right(table: Table) -> Array:
    """(n,) whether each prediction is right."""
    return table["label"] == table["prediction"]


def surest_errors(table: Table) -> Array:
    """The rows of the wrong predictions, the most confident first."""
    wrong = np.flatnonzero(~is_right(table))
    return wrong[np.argsort(-table["confidence"][wrong], kind="stable")]


def confused(table: Table) -> list[Array]:
    """The rows of each pair of classes that was mixed up, the most frequent pair first, among equal ones the surest;
    within a pair the surest first.
    """
    wrong = surest_errors(table)
    pairs = np.stack([table["label"][wrong], table["prediction"][wrong]], axis=1)
    kinds, kind = np.unique(pairs, axis=0, return_inverse=True)
    groups = [wrong[kind.reshape(-1) == number] for number in range(len(kinds))]
    return sorted(groups, key=lambda rows: (-len(rows), -table["confidence"][rows].mean()))


def most_confused(table: Table, names: Sequence[str]) -> str:
    """A sentence on the pair of classes that is mixed up most often."""
    groups = confused(table)
    if not groups:
        return f"None of {len(table['label']):,} test images is taken for another class"
    errors, most = sum(map(len, groups)), len(groups[0])
    first = [rows[0] for rows in groups if len(rows) == most]
    pairs = [f"{names[table['label'][row]]} is taken for {names[table['prediction'][row]]}" for row in first]
    of = f"{most:,} of {errors:,} error{'s' if errors > 1 else ''}"
    if len(pairs) == 1:
        return f"{pairs[0]} most often: {of}"
    if len(pairs) == 2:
        return f"{pairs[0]}, and {pairs[1].replace(' is taken', '')}, most often: {of} each"
    return f"No mix-up stands out: {len(pairs):,} pairs are the most frequent, with {of} each"


def sureness(table: Table) -> str:
    """A sentence on whether it is as sure as it is right: its mean confidence against the interval of its accuracy."""
    hits, n = is_right(table).sum(), len(table["label"])
    sure = table["confidence"].mean()
    low, high = wilson(hits, n)
    told = "As sure as it is right, within chance"
    if not low <= sure <= high:
        told = "Too sure" if sure > high else "Not as sure as it could be"
    return f"{told}: on average {sure:.2%} sure, and {hits / n:.2%} of the answers are right"


@dataclass(frozen=True)
class Coverage:
    """Answers and errors left, where the less sure answers are left to a person.

    Args:
        above: (m,) confidences, ascending from 0; only what is surer is answered.
        answered: (m,) how many images these are.
        errors: (m,) how many of the answers are wrong.
    """

    above: Array
    answered: Array
    errors: Array

    def at(self, confidence: float) -> tuple[int, int]:
        """How many images are answered with more than that confidence, and how many of them wrongly."""
        place = np.searchsorted(self.above, confidence, side="right") - 1
        return int(self.answered[place]), int(self.errors[place])


def coverage(table: Table) -> Coverage:
    """How many answers, and errors, are left above each confidence: the risk-coverage curve.

    Source: Geifman & El-Yaniv 2017, "Selective classification for deep neural networks", section 2.
    """
    order = np.argsort(table["confidence"], kind="stable")
    sure, wrong = table["confidence"][order], ~is_right(table)[order]
    above = np.unique(np.append(0.0, sure))
    gone = np.searchsorted(sure, above, side="right")  # that are no surer
    errors = wrong.sum() - np.append(0, wrong.cumsum())[gone]
    return Coverage(above, len(sure) - gone, errors)


def faultless(of: Coverage) -> float | None:
    """The confidence above which no answer is wrong, rounded up to as few digits as cost less than a hundredth of the
    answers; None where none are left.
    """
    bound = float(of.above[of.errors == 0].min())
    if not (answered := of.at(bound)[0]):
        return None
    rounded = (float(np.ceil(round(bound * 10**digits, 4)) / 10**digits) for digits in range(2, 7))
    return next((share for share in rounded if of.at(share)[0] > 0.99 * answered), bound)


def leaving(of: Coverage) -> str:
    """A sentence on when it stops making errors."""
    n, errors = int(of.answered[0]), int(of.errors[0])
    if not errors:
        return f"No error at any confidence: none of {n:,} test images need be left to a person"
    bound = faultless(of)
    if bound is None:
        return "Not even its surest answers are all right: there is no confidence without errors"
    answered, _ = of.at(bound)
    return f"No error above {shown(bound)} sure, where {1 - answered / n:.1%} of the test images are left to a person"


def shown(share: float) -> str:
    """A share as percent, with the digits that it has."""
    return f"{100 * share:.4f}".rstrip("0").rstrip(".") + "%"


def floored(share: float) -> str:
    """A share as percent with two digits, rounded down, to stand after "at least"."""
    return f"{np.floor(share * 1e4) / 100:.2f}%"
