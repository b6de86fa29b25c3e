"""Printed boxes that digits are written into: one or several, joined to a row or to a lattice; and combs, whose walls
stand on one line. Their walls would be read as ones, and an empty box as a 0.
"""

import numpy as np

from dnn.base.types import Array
from stages.pictures.marks import Mark, lengths, runs

LEAST = 20  # pixels: no box is smaller
MOST = 100  # marks that may be boxes: so many are looked at
THROUGH = 0.75  # of a lattice: a line of it runs through so much
THIN = 0.06  # of the lattice's shorter side: a line is not thicker; twice that where boxes join
STEEPEST = 0.12  # slope of a form that lies askew
OTHER = 0.1  # of a mark: with less that lies on no line, nothing is written there


def boxes_in(labels: Array, marks: list[Mark]) -> tuple[Array, int]:
    """The pixels of printed lines, (height, width) bool, and the number of boxes that they make. Where the stroke of a
    digit runs through a line, it stays.
    """
    lines, number = np.zeros(labels.shape, bool), 0
    likely = [mark for mark in marks if min(mark.height, mark.width) >= LEAST and mark.density < 0.4]
    for mark in sorted(likely, key=lambda mark: -mark.size)[:MOST]:
        y, x = np.nonzero(labels[mark.top : mark.bottom, mark.left : mark.right] == mark.labels[0])
        on, boxes = lattice(y, x)
        lines[y[on] + mark.top, x[on] + mark.left] = True
        number += boxes
    return lines, number


def lattice(y: Array, x: Array) -> tuple[Array, int]:
    """Which of a mark's pixels lie on the lines of a lattice, (pixels,) bool, and the number of its boxes.

    A box has two lines along and two across, a comb one along and three across, and each of them runs straight through
    the whole of the lattice: no digit has as many.
    """
    slope = slope_of(y, x)
    down, along = np.round(y - slope * x).astype(int), np.round(x + slope * y).astype(int)
    down, along = down - down.min(), along - along.min()
    upright = np.zeros((down.max() + 1, along.max() + 1), bool)
    upright[down, along] = True
    top, bottom, left, right = 0, upright.shape[0], 0, upright.shape[1]
    for _ in range(2):  # the stroke of a digit may stand out of its box
        level = lines_through(upright[top:bottom, left:right]) + top
        if len(level) > 1:
            top, bottom = level[0, 0], level[-1, 1]
        plumb = lines_through(upright[top:bottom, left:right].T) + left
        if len(plumb) > 1:
            left, right = plumb[0, 0], plumb[-1, 1]
    none = np.zeros(len(y), bool)
    if not len(level) or len(plumb) < 2 or len(level) + len(plumb) < 4:
        return none, 0
    shorter, usual = min(bottom - top, right - left), np.median(np.ptp(np.concatenate([level, plumb]), axis=1))
    if shorter < LEAST or usual > thickest(shorter):
        return none, 0
    on_level, on_plumb = within(level, upright, down), within(plumb, upright.T, along)
    number = max(1, len(level) - 1) * (len(plumb) - 1)
    if (on_level | on_plumb).mean() > 1 - OTHER:
        return ~none, number
    is_thin = lengths(upright.T)[along, down] <= 1 + np.ptp(level, axis=1).max()
    is_narrow = lengths(upright)[down, along] <= 1 + np.ptp(plumb, axis=1).max()
    on = on_level & (is_thin | on_plumb) | on_plumb & (is_narrow | on_level)
    way = len(level) * (right - left) + len(plumb) * (bottom - top)
    return (on, number) if on.sum() > THROUGH * way else (none, 0)


def slope_of(y: Array, x: Array) -> float:
    """The slope by which most pixels stand in few rows and columns."""
    size = max(np.ptp(y), np.ptp(x))
    some = slice(None, None, max(1, len(y) // 2000))
    y, x = y[some], x[some]
    best, sharpest = 0.0, 0
    for slope in sorted(np.arange(-STEEPEST, STEEPEST, 1 / size), key=abs):
        rows, columns = (np.round(v).astype(int) for v in (y - slope * x, x + slope * y))
        sharp = sum(int((np.bincount(v - v.min()) ** 2).sum()) for v in (rows, columns))
        if sharp > sharpest:
            best, sharpest = float(slope), sharp
    return best


def lines_through(mask: Array) -> Array:
    """First row and last, the latter excluded, of the thin lines that run through a mask: (lines, 2)."""
    pairs = mask[:-1] | mask[1:]  # a line askew changes from one row to the next
    through = np.zeros(len(mask), bool)
    is_through = pairs.mean(axis=1) > THROUGH
    through[:-1] |= is_through
    through[1:] |= is_through
    through &= mask.mean(axis=1) > 0.2
    _, start, end = runs(through[None])
    lines = np.stack([start, end], axis=1)
    return lines[end - start <= 2 * thickest(min(mask.shape))]


def thickest(size: int) -> float:
    """Pixels of a line of a lattice whose shorter side has that size."""
    return max(2, THIN * size)


def within(lines: Array, mask: Array, row: Array) -> Array:
    """Which of the pixels in these rows of a mask lie on the lines: (pixels,) bool."""
    is_line = np.zeros(len(mask), bool)
    for start, end in lines:
        is_line[max(0, start - 1) : end + 1] = True  # soft edges
    return is_line[row]
