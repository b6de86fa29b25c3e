"""A sheet of paper that lies on something else: on a table, on a canvas with a border."""

import numpy as np

from dnn.base.types import Array
from stages.pictures.colours import luma
from stages.pictures.marks import filled, hull_area, label
from stages.pictures.paper import blurred, highest


def sheet_in(colours: Array) -> Array | None:
    """(height, width, channels) -> the pixels of the sheet, (height, width) bool, without its edge; None where there is
    none. It is large, lighter or darker than what is around it, and convex, and has holes, which are the ink.
    """
    grey = luma(blurred(colours))
    level = otsu(grey)
    best = None
    for mask in grey > level, grey <= level:
        labels, marks = label(mask)
        largest = max(marks, key=lambda mark: mark.area)
        whole = filled(labels == largest.labels[0])
        area = whole.sum()
        edges = (whole[0], whole[-1], whole[:, 0], whole[:, -1])
        is_sheet = (
            area > 0.25 * whole.size
            and 0.002 < 1 - largest.area / area < 0.6
            and min(edge.mean() for edge in edges) < 0.9
            and area > 0.93 * hull_area(whole)
        )
        if is_sheet and (best is None or area > best.sum()):
            best = whole
    if best is None:
        return None
    edge = 2 * max(2, min(grey.shape) // 100) + 1
    return ~highest(~best, edge)


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
