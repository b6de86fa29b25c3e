"""Printed lines: rulings, squares, boxes, that the digit may stand on or run through."""

import numpy as np

from dnn.base.types import Array
from stages.pictures.marks import runs

THIN = 0.03  # of the picture's shorter side: a line is not thicker
STEEPEST = 0.25  # slope of a line on paper that lies askew
PARTS = 8  # of a line's way through the picture


def lines_in(mask: Array) -> Array:
    """(height, width) bool -> the same: the pixels of thin straight lines, solid through three quarters of the picture,
    or dotted from end to end. Where the stroke of a digit runs through a line, or along it, it is thicker and stays.
    """
    lines = np.zeros_like(mask)
    for seen, found in (mask, lines), (mask.T, lines.T):
        y, x = np.nonzero(thin(seen))
        if 0.3 * seen.shape[1] < len(y) < 0.3 * seen.size:
            on = on_lines(y, x, seen.shape[1])
            found[y[on], x[on]] = True
    return lines


def thin(mask: Array) -> Array:
    """The pixels above and below which the mask soon ends."""
    _, start, end = runs(mask.T)
    thickness = np.zeros(mask.shape[::-1], int)
    thickness[mask.T] = np.repeat(end - start, end - start)
    thickness = thickness.T
    return mask & (thickness <= max(2, THIN * min(mask.shape)))


def on_lines(y: Array, x: Array, width: int) -> Array:
    """Which of these points lie on a line y = slope * x + b with many others: (points,) bool.

    Every slope and b is tried (the transform of Hough, 1962, as Duda and Hart, 1972, count it). A line is two pixels
    thick here, and counted in parts, so that no crowd of points in one place is taken for a line.
    """
    on = np.zeros(len(y), bool)
    full = width / PARTS
    part = x * PARTS // width
    for slope in np.linspace(-STEEPEST, STEEPEST, 2 * int(STEEPEST * width) + 1):
        b = np.round(y - slope * x).astype(int)
        b -= b.min()
        count = np.bincount(b * PARTS + part, minlength=(b.max() + 2) * PARTS).reshape(-1, PARTS)
        share = np.minimum(count[:-1] + count[1:], full) / full
        is_line = (share.mean(axis=1) > 0.75) | (
            (share.mean(axis=1) > 0.4) & (share[:, 0] > 0.3) & (share[:, -1] > 0.3)
        )
        on |= is_line[b] | np.concatenate([[False], is_line])[b]
    return on
