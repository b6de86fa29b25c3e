"""A picture -> its digits, each in MNIST's form.

The border of the picture tells the paper, and all ink is the digit: so most pictures are read, and one that has MNIST's
form already comes through as it is. Where this leaves more than digits (the edge of a sheet, a shadow, rulings), other
ways to tell the paper are tried. The best is the one by which digits cover most of the ink, and end where the picture
shows edges.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image

from dnn.base.errors import InputError
from dnn.base.types import Array
from stages.datasets.centring import SIDE
from stages.pictures import paper
from stages.pictures.colours import colours_of, luma
from stages.pictures.edges import agreement, edges_of
from stages.pictures.reading import ENOUGH, Reading, cut, reach, read
from stages.pictures.sheet import cut_out, sheet_in

LEAST = 0.4  # share of the ink that is digits; below it the picture is of something else
UNEVEN = 0.15  # of the ink's difference from the paper: more is light and shadow
AGREED = 0.7  # share of the digits' outline that lies on edges of the picture
DOUBTED = 0.9  # weight of a way, once something speaks against it


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
    reading = read(ink)
    if reading.found.is_printed:
        raise InputError("no digit in it: there are empty boxes, or bars")
    uneven = unevenness(colours - plane, reading)
    if not reading.found.is_plain or reading.found.cover < (0.75 if uneven < 0.02 else ENOUGH) or uneven > UNEVEN:
        reading = best_reading(colours)
        reading = replace(reading, found=replace(reading.found, is_plain=False))
    if reading.found.cover < LEAST:
        raise InputError("no digit in it: nothing stands out from the background")
    return [[reading.image(digit).ravel() for digit in row] for row in reading.found.rows]


def best_reading(colours: Array) -> Reading:
    """Try the ways to tell the ink until one is good enough, and take the best."""
    if len(np.unique(colours)) == 2:  # it may be dithered: then only an area of dots has a brightness
        colours = paper.blurred(paper.blurred(colours))
    edges = edges_of(colours)
    best = read(paper.ink_over(colours, paper.plane(colours), paper.border_of(colours.shape)))
    best_score = DOUBTED * best.found.cover * agreement(best.mask, edges)
    for place, (ink, edges_of_way) in enumerate(ways(colours, edges)):
        reading = read(ink)
        agreed = agreement(reading.mask, edges_of_way)
        is_doubted = not place and not reading.found.is_plain  # a frame may hang together with the digit
        score = reading.found.cover * agreed * (DOUBTED if is_doubted else 1)
        if score > best_score:
            best, best_score = reading, score
        if reading.found.cover > ENOUGH and agreed > AGREED and not is_doubted:
            break
    return best


def ways(colours: Array, edges: Array) -> Iterator[tuple[Array, Array]]:
    """The ways to tell the ink, the likeliest first: the ink and the edges, of the picture or of the sheet on it."""
    whole = np.ones(edges.shape, bool)
    yield closing_ink(colours, whole), edges
    sheet = sheet_in(colours)
    if sheet is not None:
        view, seen = cut_out(colours, sheet)
        edges_of_view = edges_of(view)
        yield closing_ink(view, seen), edges_of_view
        for way in paper.surface, paper.around:
            yield paper.ink_over(*paper.evenly_lit(view, way(view)), seen), edges_of_view
    for way in paper.surface, paper.around:
        yield paper.ink_over(*paper.evenly_lit(colours, way(colours)), whole), edges


def closing_ink(colours: Array, seen: Array) -> Array:
    """The ink by brightness alone, for which shadows may have any shape."""
    grey = luma(colours)[..., None]
    closed = paper.without_strokes(grey, paper.is_dark_ink(grey))
    return paper.ink_over(*paper.evenly_lit(grey, closed), seen)


def unevenness(difference: Array, reading: Reading) -> float:
    """How much the brightness of the paper differs from what it was taken for, away from the marks, as a share of the
    ink's own difference: what all but a fiftieth of the pixels keep to.
    """
    away = ~paper.highest(reading.labels > 0, 3 * reach(reading.labels.shape))
    if not away.any() or not reading.ink.any():
        return 0.0
    grey = luma(paper.blurred(difference))
    return float(np.percentile(np.abs(grey[away]), 98) / reading.ink.max())
