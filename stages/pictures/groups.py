"""Marks -> digits: which marks are none, which belong to one digit, and in which order the digits are read."""

from dataclasses import dataclass

from dnn.base.types import Array
from stages.pictures.marks import Mark
from stages.pictures.sheet import outline_of_sheet

STRIP = 0.06  # of the picture: what lies along its edge and is no thicker is no digit
SPECK = 0.03  # of the picture's shorter side
PART = 0.01  # of the largest mark's area: what is smaller is no part of a digit
LARGE = 0.8  # weight of what may be a sheet
SMALL = 0.5  # of the tallest digit: what is smaller is none


@dataclass(frozen=True)
class Found:
    """The digits among the marks of a picture.

    Args:
        rows: of digits, from the top; each from left to right.
        cover: share of the ink that they are: how much this looks like a picture of digits.
        is_plain: whether there is nothing beside them but specks.
    """

    rows: list[list[Mark]]
    cover: float
    is_plain: bool


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
    boxes = [mark for mark in likely if is_box(mark, likely)]
    likely = [mark for mark in likely if mark not in boxes]
    least = PART * max((mark.area for mark in likely), default=0)
    groups = grouped([mark for mark in likely if mark.area >= least])
    least = SMALL * max((group.size for group in groups), default=0)
    digits = [group for group in groups if group.size >= least]
    area = sum(digit.area for digit in digits)
    other += sum(mark.area for mark in likely) - area
    cover = area / (area + other) if area else 0.0
    if any(is_large(digit, labels) for digit in digits):
        cover *= LARGE
    return Found(in_rows(digits), cover, is_plain and not boxes)


def is_edge(mark: Mark, height: int, width: int) -> bool:
    """A thin strip along an edge of the picture."""
    level = mark.top <= 1 or mark.bottom >= height - 1
    upright = mark.left <= 1 or mark.right >= width - 1
    return (level and mark.height < STRIP * height and mark.width > 3 * mark.height) or (
        upright and mark.width < STRIP * width and mark.height > 3 * mark.width
    )


def along_edge(mark: Mark, labels: Array) -> float:
    """Pixels of the mark along the edge of the picture, as a share of half of that edge."""
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
    inside = [other.height for other in marks if mark.encloses(other)]
    return bool(inside) and max(inside) >= 0.35 * mark.height and mark.density < 0.35


def grouped(marks: list[Mark]) -> list[Mark]:
    """Join the marks that are one digit together: a 5 and its bar, a 4 of two strokes."""
    groups: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: -mark.area):
        for place, group in enumerate(groups):
            if are_one(group, mark):
                groups[place] = group.joined(mark)
                break
        else:
            groups.append(mark)
    return groups if len(groups) == len(marks) else grouped(groups)  # what has grown may reach what it did not before


def are_one(group: Mark, mark: Mark) -> bool:
    """Whether the smaller mark lies above, below, inside of, or very near the group's own."""
    beside = min(group.right, mark.right) - max(group.left, mark.left)  # overlap; below 0 it is a gap
    above = min(group.bottom, mark.bottom) - max(group.top, mark.top)
    is_tall = mark.height > 0.6 * group.height
    if is_tall and above > 0.5 * mark.height:  # it may be a neighbour that leans over
        return beside > 0.4 * min(group.width, mark.width)
    gap = 0.08 if is_tall else 0.25
    return beside >= -0.06 * group.size and above >= -max(2, gap * group.size)


def in_rows(digits: list[Mark]) -> list[list[Mark]]:
    """In the order in which they are read."""
    rows: list[list[Mark]] = []
    for digit in sorted(digits, key=lambda digit: digit.top + digit.bottom):
        middle = (digit.top + digit.bottom) / 2
        if rows and any(other.top <= middle < other.bottom for other in rows[-1]):
            rows[-1].append(digit)
        else:
            rows.append([digit])
    return [sorted(row, key=lambda digit: digit.left) for row in rows]
