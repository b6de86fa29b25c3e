"""Marks -> digits: which marks are none, and which belong to one digit."""

from dataclasses import dataclass

import numpy as np

from dnn.base.types import Array
from stages.pictures.marks import Mark
from stages.pictures.rows import in_rows, one_above_other
from stages.pictures.sheet import outline_of_sheet

STRIP = 0.06  # of the picture: what lies along its edge and is no thicker is no digit
SPECK = 0.03  # of the picture's shorter side
PART = 0.01  # of the largest mark's area: what is smaller is no part of a digit
MOST = 600  # marks that may be digits: a picture with more of them is of a text, or of grain
LARGE = 0.8  # weight of what may be a sheet
SMALL, NOTED = 0.5, 0.1  # of the tallest digit: what is smaller is none, or not even worth a word
APART, BESIDE = 0.25, 0.06  # of a digit's size: gaps between its pieces, one above the other and beside it
BARS = 4  # upright ones that stand on one line: of a barcode, of a chart
UNDER = 0.12  # of a digit's height: what is as near above it may be its top stroke


@dataclass(frozen=True)
class Found:
    """The digits among the marks of a picture.

    Args:
        rows: of digits, from the top; each from left to right.
        cover: share of the ink that they are: how much this looks like a picture of digits.
        is_plain: whether there is nothing beside them but specks.
        is_printed: whether there are boxes or bars, and no digit.
        left_out: smaller things beside the digits, such as signs, exponents and small print.
    """

    rows: list[list[Mark]]
    cover: float
    is_plain: bool
    is_printed: bool = False
    left_out: int = 0


def find(labels: Array, marks: list[Mark]) -> Found:
    """Sort the marks of a picture; no rows where none may be a digit."""
    height, width = labels.shape
    likely, other, is_plain = [], 0.0, True
    for mark in marks:
        if mark.size < SPECK * min(height, width):
            other += mark.area / 2
        elif is_edge(mark, height, width) or is_frame(mark, labels):
            is_plain = False
        elif is_paper(mark, labels):
            is_plain = False
            other += mark.area
        else:
            likely.append(mark)
    if len(likely) > MOST:
        return Found([], 0.0, is_plain=False)
    upright = bars(likely)
    drawn = upright + [mark for mark in likely if is_box(mark, likely) or is_underline(mark, likely)]
    no_digit = {mark.labels for mark in drawn}
    likely = [mark for mark in likely if mark.labels not in no_digit]
    least = PART * max((mark.area for mark in likely), default=0)
    groups = grouped([mark for mark in likely if mark.area >= least])
    tallest = max((group.size for group in groups), default=0)
    digits = [group for group in groups if group.size >= SMALL * tallest]
    area = sum(digit.area for digit in digits)
    other += sum(mark.area for mark in likely) - area
    cover = area / (area + other) if area else 0.0
    if any(is_large(digit, labels) for digit in digits):
        cover *= LARGE
    left_out = sum(NOTED * tallest <= group.size < SMALL * tallest for group in groups)
    return Found(in_rows(digits), cover, is_plain and not no_digit, bool(upright) and not digits, left_out)


def is_edge(mark: Mark, height: int, width: int) -> bool:
    """A thin strip along an edge of the picture."""
    level = mark.top <= 1 or mark.bottom >= height - 1
    upright = mark.left <= 1 or mark.right >= width - 1
    return (level and mark.height < STRIP * height and mark.width > 3 * mark.height) or (
        upright and mark.width < STRIP * width and mark.height > 3 * mark.width
    )


def along_edge(mark: Mark, labels: Array) -> float:
    """Pixels of the mark along the edge of the picture, as a share of half of that edge."""
    if min(mark.top, mark.left) > 0 and mark.bottom < len(labels) and mark.right < labels.shape[1]:
        return 0.0
    own = mark.labels[0]
    edges = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    return sum(int((edge == own).sum()) for edge in edges) / sum(labels.shape)


def is_frame(mark: Mark, labels: Array) -> bool:
    """A thin frame around the whole picture."""
    height, width = labels.shape
    around = mark.height > 0.85 * height and mark.width > 0.85 * width
    return around and mark.density < 0.2 and along_edge(mark, labels) > 0.2


def is_paper(mark: Mark, labels: Array) -> bool:
    """A sheet with holes in it, which are the digits, or the table around one: the paper was taken for the ink."""
    along = along_edge(mark, labels)
    if (mark.height, mark.width) == labels.shape and mark.area > 0.95 * (labels > 0).sum() and along < 1.2:
        return False  # a digit in a picture that is cut to it
    if along > 0.35:
        return True
    return mark.area > 0.15 * labels.size and outline_of_sheet(labels == mark.labels[0]) is not None


def is_large(mark: Mark, labels: Array) -> bool:
    """A thick digit, or part of a sheet, so that what shows something smaller is likelier. A thick 1 is not meant, nor
    what fills a picture that is cut to it.
    """
    height, width = labels.shape
    is_full = mark.height > 0.9 * height and mark.width > 0.9 * width
    is_narrow = mark.size > 2 * min(mark.height, mark.width)
    return mark.area > 0.2 * labels.size and mark.density > 0.45 and not (is_full or is_narrow)


def is_box(mark: Mark, marks: list[Mark]) -> bool:
    """A thin line around another mark that is about as large."""
    if mark.density >= 0.35:
        return False
    inside = [other.height for other in marks if mark.encloses(other)]
    return bool(inside) and max(inside) >= 0.35 * mark.height


def is_underline(mark: Mark, marks: list[Mark]) -> bool:
    """A bar under a digit, or between two, that is wider than they are. The top stroke of a 5 or of a 7 has no digit
    above it, or is near its own.
    """
    if mark.width < 5 * mark.height:
        return False
    tall = [other for other in marks if other.height > 3 * mark.height]
    above = [other for other in tall if 0 <= mark.top - other.bottom < other.height]
    above = [other for other in above if one_above_other(mark, other) > 0.5]
    below = [other for other in tall if 0 <= other.top - mark.bottom + 1 <= UNDER * other.height]
    below = [other for other in below if one_above_other(mark, other) > 0.5]
    is_wider = all(mark.width > max(other.width, 0.5 * other.height) for other in above)
    return bool(above) and is_wider and not below


def bars(marks: list[Mark]) -> list[Mark]:
    """Upright rectangles that stand on one line, where there are several: no hand draws as many as evenly."""
    solid = [mark for mark in marks if mark.density > 0.95]
    return [mark for mark in solid if sum(abs(mark.bottom - other.bottom) <= 1 for other in solid) >= BARS]


def grouped(marks: list[Mark]) -> list[Mark]:
    """Join the marks that are one digit together: a 5 and its bar, a 4 of two strokes."""
    groups: list[Mark] = []
    boxes = np.zeros((len(marks), 5))
    for mark in sorted(marks, key=lambda mark: -mark.area):
        near = (place for place in within_reach(boxes[: len(groups)], mark) if are_one(groups[place], mark))
        place = next(near, len(groups))
        groups[place : place + 1] = [groups[place].joined(mark) if place < len(groups) else mark]
        group = groups[place]
        boxes[place] = group.top, group.bottom, group.left, group.right, group.size
    return groups if len(groups) == len(marks) else grouped(groups)  # what has grown may reach what it did not before


def within_reach(boxes: Array, mark: Mark) -> list[int]:
    """Which of the groups (top, bottom, left, right, size) may be one with a mark: the others are too far away."""
    top, bottom, left, right, size = boxes.T
    above = np.minimum(bottom, mark.bottom) - np.maximum(top, mark.top) >= -np.maximum(2, APART * size)
    beside = np.minimum(right, mark.right) - np.maximum(left, mark.left) >= -BESIDE * size
    return np.flatnonzero(above & beside).tolist()


def are_one(group: Mark, mark: Mark) -> bool:
    """Whether the smaller mark lies above, below, inside of, or very near the group's own."""
    beside = min(group.right, mark.right) - max(group.left, mark.left)  # overlap; below 0 it is a gap
    above = min(group.bottom, mark.bottom) - max(group.top, mark.top)
    is_tall = mark.height > 0.6 * group.height
    if is_tall and above > 0.5 * mark.height:  # it may be a neighbour that leans over
        return beside > 0.4 * min(group.width, mark.width)
    gap = 0.08 if is_tall else APART
    return beside >= -BESIDE * group.size and above >= -max(2, gap * group.size)
