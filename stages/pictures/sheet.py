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
    none. It is the largest piece that differs in brightness, or else in colour, from what is around it.
    """
    smooth = blurred(colours)
    best = largest_in(luma(smooth))
    if best is None and colours.shape[2] > 1:
        best = largest_in(hue(smooth))
    if best is None:
        return None
    sheet = Image.new("1", colours.shape[1::-1])
    ImageDraw.Draw(sheet).polygon([(x - 0.5, y - 0.5) for y, x in best.tolist()], fill=1)
    inner = ~highest(~np.asarray(sheet), edge_of(colours.shape))
    return inner if inner.any() else None


def edge_of(shape: tuple[int, ...]) -> int:
    """Pixels, an odd number, around the outline of a sheet that may be neither sheet nor table."""
    return 2 * max(2, min(shape[:2]) // 100) + 1


def largest_in(levels: Array) -> Array | None:
    """Corners (y, x) of the largest piece of a picture, (height, width), that looks like a sheet."""
    level, gap = otsu(levels), edge_of(levels.shape)
    best, largest = None, 0.0
    for mask in levels > level, levels <= level:
        # What is thin neither parts a sheet (rulings) nor joins it with something else (the grain of a table).
        solid = ~highest(~highest(mask, gap), 2 * gap - 1)
        solid = highest(solid, gap)
        labels, marks = label(solid)
        mark = max(marks, key=lambda mark: mark.area, default=None)
        piece = labels == mark.labels[0] if mark else solid
        corners = outline_of_sheet(piece, piece & mask)
        if corners is not None and area_of(corners) > largest:
            best, largest = corners, area_of(corners)
    return best


def hue(colours: Array) -> Array:
    """The mixture of the channels that parts the colours furthest (their first principal component)."""
    centred = colours.reshape(-1, colours.shape[2]) - colours.mean(axis=(0, 1))
    _, directions = np.linalg.eigh(centred.T @ centred)
    return colours @ directions[:, -1]


def outline_of_sheet(piece: Array, bare: Array | None = None) -> Array | None:
    """Corners (y, x) of the convex hull of a piece that looks like a sheet with writing on it; None where it does not.

    It is large and has four sides, or is a round plate, and has holes, or notches at its edge, where the ink is. A
    thick 0 has a hole too, but one that is round itself; and the whole picture is no sheet.

    Args:
        piece: (height, width) bool.
        bare: those of its pixels that are without ink, if not all are.
    """
    whole = filled(piece)
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
    ink = whole & ~(piece if bare is None else bare)
    on_edge = ((corners == 0) | (corners == piece.shape)).any(axis=1)
    is_half = area_of(corners[on_edge]) > 0.9 * area  # of the picture, beside a shadow with a straight edge
    is_sheet = four > (0.95 if share > 0.75 else 0.8) * area and fullness > (0.93 if share < 0.4 else 0.85)
    is_plate = fullness > 0.97 and is_ellipse(whole, 0.98, 0.6) and not is_ellipse(ink, 0.9, 0.1)
    has_ink = 0.002 < 1 - (whole & ~ink).sum() / area < 0.4
    return corners if has_ink and not is_half and (is_sheet or is_plate) else None


def is_ellipse(mask: Array, least: float, roundness: float) -> bool:
    """Whether the mask fills that share of an ellipse with its covariance C, whose area is 4 pi sqrt(det C) (a square
    fills 0.95), and C's eigenvalues have that ratio (1 for a circle).
    """
    if mask.sum() < 3:
        return False
    narrow, wide = np.linalg.eigvalsh(np.cov(np.argwhere(mask), rowvar=False)).clip(0)
    return bool(mask.sum() > least * 4 * np.pi * np.sqrt(narrow * wide) and narrow > roundness * wide)


def outline_of(sheet: Array) -> Array:
    """The outermost pixels of the sheet, but for those along the edge of the picture."""
    return sheet & highest(~sheet, 3)


def cut_out(values: Array, sheet: Array) -> tuple[Array, Array]:
    """(height, width, channels) and the mask of the sheet, cut to its box; what is not the sheet gets its median."""
    rows, columns = np.flatnonzero(sheet.any(axis=1)), np.flatnonzero(sheet.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    values, sheet = values[box], sheet[box]
    return np.where(sheet[..., None], values, np.median(values[sheet], axis=0)), sheet


def otsu(values: Array) -> float:
    """The level that best parts values in two kinds: the variance between them is largest (Otsu 1979)."""
    if np.ptp(values) < 1e-6:  # of one kind, but for rounding
        return float(values.max())
    count, edges = np.histogram(values, 256)
    share = np.cumsum(count) / values.size
    mean = np.cumsum(count * edges[:-1]) / values.size
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mean[-1] * share - mean) ** 2 / (share * (1 - share))
    return float(edges[np.nanargmax(np.where(share < 1, between, 0)) + 1])
