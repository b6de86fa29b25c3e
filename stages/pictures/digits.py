"""A picture -> its digits, each in MNIST's form.

The border of the picture tells the paper, and all ink is the digit: so most pictures are read, and one that has MNIST's
form already comes through as it is. Where this leaves more than digits (the edge of a sheet, a shadow, rulings), other
ways to tell the paper are tried, and the one by which digits cover most of the ink is taken.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from dnn.base.errors import InputError
from dnn.base.types import Array
from stages.datasets.centring import SIDE, fit_and_centre
from stages.pictures import paper
from stages.pictures.colours import colours_of, luma
from stages.pictures.edges import agreement, edges_of
from stages.pictures.groups import Found, find
from stages.pictures.lines import lines_in
from stages.pictures.marks import Mark, label
from stages.pictures.sheet import cut_out, otsu, sheet_in

ENOUGH = 0.97  # share of the ink that is digits: no other way need be tried
LEAST = 0.4  # below it the picture is of something else
AGREED = 0.65
FAINT = 0.15  # share of the ink that may be in no mark: the soft edges of strokes
UNEVEN = 0.2
WIDE = 0.75  # of the picture: marks of this size may be, or hold, printed lines


@dataclass(frozen=True)
class Reading:
    """One way to see the picture: its ink, the ink's marks, and the digits among them."""

    ink: Array
    labels: Array
    found: Found

    def image(self, digit: Mark) -> Array:
        """The digit in MNIST's form, (28, 28)."""
        own = np.isin(self.labels, digit.labels)
        if self.found.is_plain:  # all ink is the digit's, also the faintest, that no mark has
            kept = ~paper.highest((self.labels > 0) & ~own, 5)
        else:
            kept = paper.highest(own, reach(own.shape))
        return cut(np.where(kept, self.ink, 0))


def digits_in(image: Image.Image) -> list[list[Array]]:
    """The digits of a picture, each (784,) float32 in [0, 1] in MNIST's form, in rows from the top.

    Raises:
        InputError: nothing stands out from the background, or none of it may be a digit.
    """
    colours = colours_of(image)
    plane = paper.plane(colours)
    ink = paper.ink_over(colours, plane, paper.border_of(colours.shape))
    if ink.shape == (SIDE, SIDE) and ink.any() and np.allclose(cut(ink), ink / ink.max(), atol=1e-3):
        return [[cut(ink).ravel()]]  # it has MNIST's form, whatever it shows
    best = read(ink)
    if not best.found.is_plain or best.found.cover < ENOUGH or unevenness(colours - plane, best) > UNEVEN:
        best = best_of(ways(colours))
    if best.found.cover < LEAST:
        raise InputError("no digit in it: nothing stands out from the background")
    return [[best.image(digit).ravel() for digit in row] for row in best.found.rows]


def best_of(ways: Iterable[tuple[Array, Array]]) -> Reading:
    """Of several ways to see a picture, each its colours and its ink, the one by which digits cover most of the ink and
    end where the colours show edges; the first that is good enough.
    """
    best, highest, edges, seen = None, -1.0, None, None
    for place, (colours, ink) in enumerate(ways):
        if colours is not seen:
            seen, edges = colours, edges_of(colours)
        reading = read(ink)
        reading = replace(reading, found=replace(reading.found, is_plain=False))
        agreed = agreement(np.isin(reading.labels, [k for row in reading.found.rows for d in row for k in d.labels]), edges)
        score = reading.found.cover * agreed
        if score > highest:
            best, highest = reading, score
        if reading.found.cover > ENOUGH and agreed > AGREED and place:
            break
    return best


def ways(colours: Array) -> Iterator[tuple[Array, Array]]:
    """The ways to tell the ink, the likeliest first: colours of the picture or of the sheet on it, and the ink."""
    if len(np.unique(colours)) == 2:  # it may be dithered: then only an area of dots has a brightness
        colours = paper.blurred(paper.blurred(colours))
    whole = np.ones(colours.shape[:2], bool)
    yield colours, paper.ink_over(colours, paper.plane(colours), paper.border_of(colours.shape))
    sheet = sheet_in(colours)
    views = [(colours, whole)] if sheet is None else [cut_out(colours, sheet), (colours, whole)]
    for view, seen in views:
        grey = luma(view)[..., None]
        closed = paper.without_strokes(grey, paper.is_dark_ink(grey))
        yield view, paper.ink_over(*paper.evenly_lit(grey, closed), seen)
        for way in paper.surface, paper.around:
            yield view, paper.ink_over(*paper.evenly_lit(view, way(view)), seen)


def read(ink: Array) -> Reading:
    """Find the digits in the ink."""
    top = np.percentile(ink[ink > 0], 99) if ink.any() else 0
    mask = ink > np.clip(otsu(ink), 0.15 * top, 0.5 * top)
    labels, marks = label(mask)
    found = find(labels, marks)
    wide = any(mark.height > WIDE * ink.shape[0] or mark.width > WIDE * ink.shape[1] for mark in marks)
    if wide or not found.is_plain or found.cover < ENOUGH:
        lines = lines_in(mask)
        if lines.any():
            without, marks = label(mask & ~lines)
            found_without = replace(find(without, marks), is_plain=False)
            if found_without.rows:
                labels, found = without, found_without
    faint = faint_share(ink, mask)
    return Reading(ink, labels, replace(found, cover=found.cover * (1 - faint)) if faint > FAINT else found)


def unevenness(difference: Array, reading: Reading) -> float:
    """How much the brightness of the paper differs from what it was taken for, away from the marks, as a share of the
    ink's own difference: what all but a fiftieth of the pixels keep to.
    """
    away = ~paper.highest(reading.labels > 0, 3 * reach(reading.labels.shape))
    if not away.any() or not reading.ink.any():
        return 0.0
    grey = luma(paper.blurred(difference))
    return float(np.percentile(np.abs(grey[away]), 98) / reading.ink.max())


def faint_share(ink: Array, mask: Array) -> float:
    """Share of the ink that is not even near a mark: where it is much, it is light and shadow."""
    if not mask.any():
        return 1.0
    near = paper.highest(mask, reach(mask.shape))
    return float(ink[~near].sum() / ink.sum())


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
