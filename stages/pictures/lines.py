"""Printed lines: rulings and squares, that the digit may stand on or run through."""

import numpy as np

from dnn.base.types import Array
from stages.pictures.marks import lengths

THIN = 0.03  # of the picture's shorter side: a line is not thicker
STEEPEST = 0.25  # slope of a line on paper that lies askew
PARTS = 8  # of a line's way through the picture


def lines_in(mask: Array) -> Array:
    """(height, width) bool -> the same: the pixels of thin straight lines, solid through three quarters of the picture,
    or dotted from end to end. Where the stroke of a digit runs through a line, or along it, it is thicker and stays.
    """
    lines = np.zeros_like(mask)
    for seen, found in (mask, lines), (mask.T, lines.T):
        thickness = lengths(seen.T).T
        y, x = np.nonzero(seen & (thickness <= max(2, THIN * min(seen.shape))))
        if 0.3 * seen.shape[1] < len(y) < 0.3 * seen.size:
            on = on_lines(y, x, seen.shape[1])
            found[y[on], x[on]] = True
    return lines


def run_out(lines: Array) -> bool:
    """Whether lines leave the picture on two sides that face each other."""
    return bool((lines[0].any() and lines[-1].any()) or (lines[:, 0].any() and lines[:, -1].any()))


def on_lines(y: Array, x: Array, width: int) -> Array:
    """Which of these points lie on a line y = slope * x + b with many others: (points,) bool.

    Every slope and b is tried (the transform of Hough, 1962, as Duda and Hart, 1972, count it). A line is two pixels
    thick here, and counted in parts, so that no crowd of points in one place is taken for a line. Within a part, which
    is short, few slopes differ: the points are counted for those (as Brady, 1998, does), and a line through the picture
    puts together what was counted in the parts that it goes through.
    """
    full = width / PARTS
    part = x * PARTS // width
    middle = (np.arange(PARTS) + 0.5) * full
    x, y = (x - middle[part]).astype(np.float32), y.astype(np.float32)
    slopes = np.linspace(-STEEPEST, STEEPEST, 2 * int(STEEPEST * width) + 1)
    few = np.linspace(-STEEPEST, STEEPEST, 2 * int(STEEPEST * full) + 9)
    margin = int(STEEPEST * width) + 4  # a line may enter the picture above its first row
    height = int(y.max()) + 1
    depth = height + 2 * margin
    nearest = np.abs(slopes[:, None] - few).argmin(axis=1)
    on = np.zeros(len(y), bool)
    for place, slope_of_part in enumerate(few):
        b = np.round(y - np.float32(slope_of_part) * x).astype(int) + margin
        count = np.bincount(part * depth + b, minlength=PARTS * depth).reshape(PARTS, depth)
        share = (np.minimum(count[:, :-1] + count[:, 1:], full) / full).astype(np.float32)
        is_line = np.zeros((PARTS, depth), bool)
        for slope in slopes[nearest == place]:
            down = np.round(slope * (middle - width / 2)).astype(int)  # of the line in each part
            side = int(abs(slope) * width / 2) + 1  # where the line is at half its way, above or below the picture
            first, last = margin - side, margin + height + side
            ways = [slice(first + step, last + step) for step in down]
            through = sum((share[k, way] for k, way in enumerate(ways)), start=np.float32(0)) / PARTS
            if through.max(initial=0) > 0.4:
                ends = np.minimum(share[0, ways[0]], share[-1, ways[-1]])
                found = (through > 0.75) | ((through > 0.4) & (ends > 0.3))
                for k, way in enumerate(ways):
                    is_line[k, :-1][way] |= found
                    is_line[k, 1:][way] |= found
        on |= is_line[part, b]
    return on
