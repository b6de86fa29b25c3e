"""Ink -> the digits among its marks, and each of them cut out in MNIST's form."""

from dataclasses import dataclass, replace

import numpy as np

from dnn.base.types import Array
from stages.datasets.centring import fit_and_centre
from stages.pictures.boxes import boxes_in
from stages.pictures.groups import Found, find
from stages.pictures.lines import lines_in, run_out
from stages.pictures.marks import Mark, label
from stages.pictures.paper import highest
from stages.pictures.sheet import otsu

ENOUGH = 0.97  # share of the ink that is digits: there is nothing else to be seen
FAINT = 0.15  # share of the ink that may be in no mark: the soft edges of strokes
WIDE = 0.75  # of the picture: marks of this size may be printed lines, or hang together with them


@dataclass(frozen=True)
class Reading:
    """One way to see a picture: its ink, the labels of the ink's marks, both (height, width), and the digits found."""

    ink: Array
    labels: Array
    found: Found

    @property
    def mask(self) -> Array:
        """The pixels of all digits' marks, (height, width) bool."""
        return np.isin(self.labels, [k for row in self.found.rows for digit in row for k in digit.labels])

    def image(self, digit: Mark) -> Array:
        """The digit in MNIST's form, (28, 28)."""
        near = reach(self.labels.shape)
        view = np.s_[:, :] if self.found.is_plain else around(digit, near)
        own = np.isin(self.labels[view], digit.labels)
        ink = np.where(highest(own, near), self.ink[view], 0)
        if self.found.is_plain:  # then also the faintest ink, unless it belongs to another mark or is a faint ruling
            others = highest((self.labels > 0) & ~own, 3 * near) & (ink == 0)
            faintest = np.where(others, 0, self.ink)
            top, bottom, left, right = box_of(faintest)
            wider = (digit.top - top, bottom - digit.bottom, digit.left - left, right - digit.right)
            ink = faintest if max(wider) <= 2 * near else ink
        return cut(ink)


def read(ink: Array) -> Reading:
    """Find the digits in the ink."""
    top = np.percentile(ink[ink > 0], 99) if ink.any() else 0
    mask = ink > np.clip(otsu(ink), 0.15 * top, 0.5 * top)
    labels, marks = label(mask)
    found, bare = find(labels, marks), mask
    printed, boxes = boxes_in(labels, marks)
    if boxes:
        free, others = label(mask & ~printed)
        among = find(free, others)
        if among.rows or boxes > 1:  # an empty box alone may be a 0
            labels, marks, bare = free, others, mask & ~printed
            found = replace(among, is_plain=False, is_printed=not among.rows)
            ink = np.where(highest(printed, 3) & ~bare, 0, ink)
    wide = any(mark.height > WIDE * ink.shape[0] or mark.width > WIDE * ink.shape[1] for mark in marks)
    if wide or not found.is_plain or found.cover < ENOUGH:
        lines = lines_in(bare)
        if lines.any():
            without, others = label(bare & ~lines)
            among = find(without, others)
            if among.rows:
                labels, found = without, replace(among, is_plain=False)
            elif run_out(lines) and 2 * min(ink.shape) > max(ink.shape):  # else a 1, in a picture that is cut to it
                found = replace(found, cover=0.0)
    faint = faint_share(ink, bare)
    if faint > FAINT:
        found = replace(found, cover=found.cover * (1 - faint))
    return Reading(ink, labels, found)


def faint_share(ink: Array, mask: Array) -> float:
    """Share of the ink that is not even near a mark: where it is much, it is light and shadow."""
    if not mask.any():
        return 1.0
    near = highest(mask, reach(mask.shape))
    return float(ink[~near].sum() / ink.sum())


def around(mark: Mark, margin: int) -> tuple[slice, slice]:
    """The mark's box, and so many pixels more on all sides."""
    rows = slice(max(0, mark.top - margin), mark.bottom + margin)
    return rows, slice(max(0, mark.left - margin), mark.right + margin)


def reach(shape: tuple[int, ...]) -> int:
    """Pixels, an odd number, by which the soft edge of a stroke is wider than its mark, on both sides together."""
    return 2 * max(1, max(shape) // 60) + 1


def cut(ink: Array) -> Array:
    """The ink of one digit, (height, width) -> (28, 28) in MNIST's form."""
    top, bottom, left, right = box_of(ink)
    return fit_and_centre(ink[top:bottom, left:right])


def box_of(ink: Array) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of the digit, leaving out specks that stand apart from it."""
    filled = np.where(ink > 0.1 * ink.max(), ink, 0)
    top, bottom, left, right = 0, filled.shape[0], 0, filled.shape[1]
    for _ in range(2):  # a speck beside the digit may stretch its rows until its columns are gone
        top, bottom = (top + end for end in span(filled[top:bottom, left:right].sum(axis=1)))
        left, right = (left + end for end in span(filled[top:bottom, left:right].sum(axis=0)))
    return top, bottom, left, right


def span(profile: Array) -> tuple[int, int]:
    """Start and end of the runs above zero that hold at least a fiftieth of the whole."""
    ends = np.flatnonzero(np.diff(profile > 0, prepend=False, append=False))
    runs = [(a, b) for a, b in ends.reshape(-1, 2) if profile[a:b].sum() >= 0.02 * profile.sum()]
    return int(runs[0][0]), int(runs[-1][1])
