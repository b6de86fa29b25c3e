"""A picture -> its digits, each in MNIST's form.

The border of the picture tells the paper, and all ink is the digit: so most pictures are read, and one that has MNIST's
form already comes through as it is. Where this leaves more than digits (the edge of a sheet, a shadow, rulings), other
ways to tell the paper are tried. The best is the one by which digits cover most of the ink, and end where the picture
shows edges; it counts only if its digits are drawn as with a pen.
"""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from dnn.base.errors import InputError
from dnn.base.types import Array
from stages.datasets.centring import SIDE
from stages.pictures import paper
from stages.pictures.colours import colours_of, luma
from stages.pictures.edges import agreement, edges_of
from stages.pictures.reading import ENOUGH, Reading, cut, reach, read
from stages.pictures.strokes import are_strokes
from stages.pictures.ways import ways

LEAST = 0.4  # share of the ink that is digits; below it the picture is of something else
UNEVEN = 0.15  # of the ink's difference from the paper: more is light and shadow
AGREED = 0.7  # share of the digits' outline that lies on edges of the picture
DOUBTED = 0.9  # weight of a way, once something speaks against it
SHARP = 0.15  # steepness of edges of things: what does not reach it is light, grain or a crease


@dataclass(frozen=True)
class Digits:
    """The digits of a picture.

    Args:
        rows: of digits, from the top, each (784,) float32 in [0, 1] in MNIST's form.
        left_out: smaller things beside them.
    """

    rows: list[list[Array]]
    left_out: int = 0


def digits_in(image: Image.Image) -> list[list[Array]]:
    """The rows of digits of a picture; raises as `look`."""
    return look(image).rows


def look(image: Image.Image) -> Digits:
    """Find the digits of a picture.

    Raises:
        InputError: nothing stands out from the background, or none of it may be a digit, or be told from the rest.
    """
    colours = colours_of(image)
    plane = paper.plane(colours)
    ink = paper.ink_over(colours, plane, paper.border_of(colours.shape))
    if ink.shape == (SIDE, SIDE) and ink.any() and np.allclose(cut(ink), ink / ink.max(), atol=1e-3):
        return Digits([[cut(ink).ravel()]])  # it has MNIST's form, whatever it shows
    reading = read(ink)
    if reading.found.is_printed:
        raise InputError("no digit in it: there are empty boxes, or bars")
    uneven = unevenness(colours - plane, reading)
    if not reading.found.is_plain or reading.found.cover < (0.75 if uneven < 0.02 else ENOUGH) or uneven > UNEVEN:
        best = best_reading(colours)
        if best is None:
            raise InputError(refusal(colours))
        reading = replace(best, found=replace(best.found, is_plain=False))
    rows = [[reading.image(digit).ravel() for digit in row] for row in reading.found.rows]
    return Digits(rows, reading.found.left_out)


def best_reading(colours: Array) -> Reading | None:
    """Try the ways to tell the ink until one is good enough, and take the best; None where none shows strokes."""
    if len(np.unique(colours)) == 2:  # it may be dithered: then only an area of dots has a brightness
        colours = paper.blurred(paper.blurred(colours))
    best, best_score = None, 0.0
    for way in ways(colours):
        reading = way.reading()
        agreed = agreement(reading.mask, way.view.edges)
        is_doubted = way.is_simple and not reading.found.is_plain
        score = reading.found.cover * agreed * (DOUBTED if is_doubted else 1)
        is_good = reading.found.cover > ENOUGH and agreed > AGREED and not is_doubted
        if reading.found.cover >= LEAST and (is_good or score > best_score) and are_strokes(way.colours, reading):
            if score > best_score:
                best, best_score = reading, score
            if is_good:
                break
    return best


def refusal(colours: Array) -> str:
    """Why there is no digit: nothing is there, or too much."""
    if np.percentile(edges_of(colours), 99.5) > SHARP:
        return "no digit found: it cannot be told from what is around it; cut the picture to the digit"
    return "no digit in it: nothing stands out from the background"


def unevenness(difference: Array, reading: Reading) -> float:
    """How much the brightness of the paper differs from what it was taken for, away from the marks, as a share of the
    ink's own difference: what all but a fiftieth of the pixels keep to.
    """
    away = ~paper.highest(reading.labels > 0, 3 * reach(reading.labels.shape))
    if not away.any() or not reading.ink.any():
        return 0.0
    grey = luma(paper.blurred(difference))
    return float(np.percentile(np.abs(grey[away]), 98) / reading.ink.max())
