"""A mask of ink -> its marks: the pieces that hang together, with their boxes and areas."""

from dataclasses import dataclass

import numpy as np

from dnn.base.types import Array


@dataclass(frozen=True)
class Mark:
    """A piece of ink, or several of them taken together. Its box goes from top to bottom and from left to right, the
    ends excluded.

    Args:
        labels: its numbers in the picture of labels.
        area: pixels of it.
    """

    labels: tuple[int, ...]
    area: int
    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def size(self) -> int:
        """The longer side of its box."""
        return max(self.height, self.width)

    @property
    def density(self) -> float:
        """Share of its box that is ink."""
        return self.area / (self.height * self.width)

    def encloses(self, other: "Mark") -> bool:
        """Whether the box of the other lies within its own."""
        rows = self.top < other.top and other.bottom < self.bottom
        return rows and self.left < other.left and other.right < self.right

    def joined(self, other: "Mark") -> "Mark":
        """Both together."""
        low = (min(a, b) for a, b in ((self.top, other.top), (self.left, other.left)))
        high = (max(a, b) for a, b in ((self.bottom, other.bottom), (self.right, other.right)))
        (top, left), (bottom, right) = low, high
        return Mark(self.labels + other.labels, self.area + other.area, top, bottom, left, right)


def label(mask: Array) -> tuple[Array, list[Mark]]:
    """Number the pieces of a mask, (height, width) bool -> (height, width) int from 1, 0 outside; and the marks in the
    order of their numbers. Pixels that touch at a corner belong together.

    The mask is taken as runs of pixels in its rows. Two runs of neighbouring rows that touch are an edge of a graph,
    and its components are the pieces: every run takes the lowest number among those that it touches, until none falls.
    """
    width = mask.shape[1]
    row, start, end = runs(mask)
    stride = width + 2  # so that the runs of a row touch none of the row after the next
    first = np.searchsorted(row * stride + end, (row + 1) * stride + start)
    last = np.searchsorted(row * stride + start, (row + 1) * stride + end, side="right")
    count = (last - first).clip(0)
    upper = np.repeat(np.arange(len(row)), count)
    lower = np.arange(len(upper)) + np.repeat(first - (np.cumsum(count) - count), count)
    piece = np.arange(len(row))
    while (piece[upper] != piece[lower]).any():
        a, b = piece[upper], piece[lower]
        np.minimum.at(piece, a, b)
        np.minimum.at(piece, b, a)
        while (piece[piece] != piece).any():
            piece = piece[piece]
    _, piece = np.unique(piece, return_inverse=True)
    labels = np.zeros(mask.shape, np.int64)
    labels[mask] = np.repeat(piece + 1, end - start)
    number = int(piece.max(initial=-1)) + 1
    area = np.bincount(piece, end - start, number).astype(int)
    top, left = np.full((2, number), max(mask.shape))
    bottom, right = np.zeros((2, number), int)
    for least, value in (top, row), (left, start):
        np.minimum.at(least, piece, value)
    for most, value in (bottom, row + 1), (right, end):
        np.maximum.at(most, piece, value)
    boxes = np.stack([area, top, bottom, left, right], axis=1).tolist()
    return labels, [Mark((k,), *box) for k, box in enumerate(boxes, 1)]


def runs(mask: Array) -> tuple[Array, Array, Array]:
    """Row, start and end of the runs of pixels in the rows of a mask, from the top left."""
    row, ends = np.nonzero(np.diff(mask, axis=1, prepend=False, append=False))
    return row[::2], ends[::2], ends[1::2]


def lengths(mask: Array) -> Array:
    """Length of the run in its row that each pixel of a mask belongs to, 0 outside: (height, width) int."""
    _, start, end = runs(mask)
    length = np.zeros(mask.shape, int)
    length[mask] = np.repeat(end - start, end - start)
    return length


def filled(mask: Array) -> Array:
    """The mask with its holes: all that is not connected with the outside."""
    labels, _ = label(np.pad(~mask, 1, constant_values=True))
    return labels[1:-1, 1:-1] != labels[0, 0]


def hull(mask: Array) -> Array:
    """Corners (y, x) of the convex hull of a mask's pixels, in their order around it (Andrew 1979, monotone chain, over
    the ends of the rows).
    """
    rows = np.flatnonzero(mask.any(axis=1))
    left, right = mask[rows].argmax(axis=1), mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    chains = []
    for side, sign in (left, 1), (right, -1):
        points = np.concatenate([np.stack([rows, side], axis=1), np.stack([rows + 1, side], axis=1)])
        points = points[np.lexsort((sign * points[:, 1], points[:, 0]))]
        chain: list[list[int]] = []
        for y, x in points.tolist():
            while len(chain) > 1 and sign * turn(chain[-2], chain[-1], [y, x]) <= 0:
                chain.pop()
            chain.append([y, x])
        chains.append(chain)
    return np.array(chains[0] + chains[1][::-1])


def turn(a: list[int], b: list[int], c: list[int]) -> int:
    """Above 0 where the way from a over b to c turns towards larger x, below 0 where towards smaller x."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def area_of(polygon: Array) -> float:
    """Area within the corners (y, x) of a polygon."""
    y, x = polygon.T.astype(float)
    return float(abs(y @ np.roll(x, 1) - x @ np.roll(y, 1)) / 2)
