"""The ways to tell the ink of a picture where its border does not tell the paper: by the whole picture or by the sheet
on it, under light and shadows of several kinds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dnn.base.types import Array
from stages.pictures import paper
from stages.pictures.colours import luma
from stages.pictures.edges import edges_of
from stages.pictures.marks import Mark
from stages.pictures.reading import Reading, read
from stages.pictures.sheet import cut_out, edge_of, outline_of, sheet_in

ALONG = 0.5  # of a mark's longer side: what lies along the outline of a sheet for so long is no digit


@dataclass(frozen=True)
class View:
    """A picture, or the sheet on it: its colours, (height, width, channels), and its edges, as `edges_of` gives them;
    masks, (height, width) bool, of the pixels that tell how noisy the paper is, and of the sheet's outline (empty where
    there is no sheet).
    """

    colours: Array
    edges: Array
    told_by: Array
    outline: Array


@dataclass(frozen=True)
class Way:
    """The colours of a view as if they were evenly lit, and the paper's, from which the ink is told; is_simple where a
    frame, or the edge of a shadow, may hang together with the digit.
    """

    view: View
    colours: Array
    paper: Array
    is_simple: bool = False

    def reading(self) -> Reading:
        """The digits, none of which lies along the outline of the sheet."""
        ink = paper.ink_over(self.colours, self.paper, self.view.told_by)
        reading = read(ink)
        while along := self.along_outline(reading):
            ink = np.where(paper.highest(np.isin(reading.labels, along), 3), 0, ink)
            reading = read(ink)
        return reading

    def along_outline(self, reading: Reading) -> list[int]:
        """The labels of the digits that lie along the outline of the sheet."""
        if not self.view.outline.any():
            return []
        return [k for row in reading.found.rows for digit in row if self.is_along(digit, reading) for k in digit.labels]

    def is_along(self, digit: Mark, reading: Reading) -> bool:
        """Whether the outline of the sheet is near the digit for half of the digit's length."""
        own = np.isin(reading.labels, digit.labels)
        near = paper.highest(own, 2 * edge_of(own.shape) - 1)
        return int((near & self.view.outline).sum()) > ALONG * digit.size


def ways(colours: Array) -> Iterator[Way]:
    """The ways, the likeliest first."""
    whole, sheet = np.ones(colours.shape[:2], bool), sheet_in(colours)
    border = paper.border_of(colours.shape)
    # A sheet that reaches the edge of the picture may be the light beside a shadow.
    outline = ~whole if sheet is None or sheet[border].any() else outline_of(sheet)
    picture = View(colours, edges_of(colours), whole, outline)
    yield Way(replace(picture, told_by=border), colours, paper.plane(colours), is_simple=True)
    if sheet is not None:
        part, seen = cut_out(colours, sheet)
        view = View(part, edges_of(part), seen, outline_of(np.pad(seen, 1))[1:-1, 1:-1])
        yield closing(view)
        yield from smooth(view)
    yield closing(picture, is_simple=True)
    yield from smooth(picture)


def closing(view: View, is_simple: bool = False) -> Way:
    """By brightness alone, for which shadows may have any shape."""
    grey = luma(view.colours)[..., None]
    closed = paper.without_strokes(grey, paper.is_dark_ink(grey))
    return Way(view, *paper.evenly_lit(grey, closed), is_simple)


def smooth(view: View) -> Iterator[Way]:
    """By colour, under light that changes smoothly."""
    for way in paper.surface, paper.around:
        yield Way(view, *paper.evenly_lit(view.colours, way(view.colours)))
