"""A sheet of paper that lies on something else: on a table, on a canvas with a border."""

import numpy as np
from PIL import Image, ImageDraw

from dnn.base.types import Array
from stages.pictures.colours import luma
from stages.pictures.marks import area_of, filled, hull, label
from stages.pictures.paper import blurred, highest

SIDES = np.array([[1, 0, -1, 0], [0, 1, 0, -1]])  # directions (y, x), one in each column, all the way round
DIAGONALS = np.array([[1, 1, -1, -1], [1, -1, -1, 1]])


def sheet_in(colours: Array) -> Array | None:
    """(height, width, channels) -> the pixels of the sheet, (height, width) bool, without its edge; None where there is
    none. It is the largest piece that is lighter, or darker, than what is around it.
    """
    grey = luma(blurred(colours))
    level = otsu(grey)
    best, largest = None, 0.0
    for mask in grey > level, grey <= level:
        labels, marks = label(mask)
        mark = max(marks, key=lambda mark: mark.area, default=None)
        corners = outline_of_sheet(labels == mark.labels[0]) if mark else None
        if corners is not None and area_of(corners) > largest:
            best, largest = corners, area_of(corners)
    if best is None:
        return None
    sheet = Image.new("1", grey.shape[::-1])
    ImageDraw.Draw(sheet).polygon([(x - 0.5, y - 0.5) for y, x in best.tolist()], fill=1)
    edge = 2 * max(2, min(grey.shape) // 100) + 1
    return ~highest(~np.asarray(sheet), edge)


def outline_of_sheet(mask: Array) -> Array | None:
    """Corners (y, x) of the convex hull of a piece that looks like a sheet with writing on it; None where it does not.

    It is large and has four sides, and holes, or notches at its edge, where the ink is. A thick 0 has a hole too, but
    is round; and the whole picture is no sheet.
    """
    whole = filled(mask)
    share = whole.mean()
    edges = (whole[0], whole[-1], whole[:, 0], whole[:, -1])
    if share < 0.2 or min(edge.mean() for edge in edges) > 0.9:
        return None
    corners = hull(whole)
    area = area_of(corners)
    # The outermost corners to the four sides, or to the four diagonals, are all that a sheet has:
    # their area is that of the sheet, but 2 / pi = 0.64 of a circle. What fills the picture is not askew.
    four = max(area_of(corners[(corners @ directions).argmax(axis=0)]) for directions in (SIDES, DIAGONALS))
    fullness = whole.sum() / area  # below 1 where the ink reaches the edge
    has_ink = 0.002 < 1 - mask.sum() / area < 0.4
    on_edge = ((corners == 0) | (corners == mask.shape)).any(axis=1)
    is_half = area_of(corners[on_edge]) > 0.9 * area  # of the picture, beside a shadow with a straight edge
    is_sheet = four > (0.95 if share > 0.75 else 0.8) * area and fullness > (0.93 if share < 0.4 else 0.85)
    return corners if is_sheet and has_ink and not is_half else None


def cut_out(colours: Array, sheet: Array) -> tuple[Array, Array]:
    """The picture and the mask cut to the sheet's box; what is not the sheet gets its colour."""
    rows, columns = np.flatnonzero(sheet.any(axis=1)), np.flatnonzero(sheet.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    colours, sheet = colours[box], sheet[box]
    return np.where(sheet[..., None], colours, np.median(colours[sheet], axis=0)), sheet


def otsu(values: Array) -> float:
    """The level that best parts values in two kinds: the variance between them is largest (Otsu 1979)."""
    count, edges = np.histogram(values, 256)
    share = np.cumsum(count) / values.size
    mean = np.cumsum(count * edges[:-1]) / values.size
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mean[-1] * share - mean) ** 2 / (share * (1 - share))
    return float(edges[np.nanargmax(np.where(share < 1, between, 0)) + 1])
