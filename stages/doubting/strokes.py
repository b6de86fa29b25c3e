"""Things drawn by strokes of a pen, as arrays: the same bytes everywhere, without fonts and drawing programs.

A skeleton is text: strokes with | between them, each points of a grid as two hexadecimal digits, x to the right and y
down, joined by lines, or with ~ before them by a smooth curve. `08 30 68|15 55` is an A.
"""

from dataclasses import dataclass

import numpy as np

from dnn.base.types import Array
from stages.datasets.centring import BOX, CENTRE, SIDE

PIECES = 6  # lines that a curve has from point to point


@dataclass(frozen=True)
class Skeleton:
    """Lines as functions of points, so that the points of many drawings can be moved at once.

    Args:
        points: (points, 2) x and y.
        start, end: (lines, points) matrices from the points to where the lines start and end.
        tips: indices of the points where strokes begin and end.
    """

    points: Array
    start: Array
    end: Array
    tips: Array


def skeleton(text: str) -> Skeleton:
    """The skeleton that the text describes."""
    strokes = text.split("|")
    counts = [len(stroke.removeprefix("~").split()) for stroke in strokes]
    points = [[int(c, 16) for c in pair] for stroke in strokes for pair in stroke.removeprefix("~").split()]
    paths, tips, first = [], [], 0
    for stroke, count in zip(strokes, counts, strict=True):
        path = np.zeros((count, len(points)))
        path[np.arange(count), first + np.arange(count)] = 1
        paths.append(curve(path) if stroke.startswith("~") else path)
        tips += [first, first + count - 1]
        first += count
    start, end = (np.concatenate([path[part] for path in paths]) for part in (slice(-1), slice(1, None)))
    return Skeleton(np.array(points, float), start, end, np.array(tips))


def curve(path: Array) -> Array:
    """A smooth path through the rows of a path: the cubic spline of Catmull and Rom.

    Catmull, Rom 1974, "A class of local interpolating splines".
    """
    t = np.arange(PIECES)[:, None] / PIECES
    padded = np.concatenate([2 * path[:1] - path[1:2], path, 2 * path[-1:] - path[-2:-1]])
    pieces = [
        b + t / 2 * (c - a) + t**2 * (a - 2.5 * b + 2 * c - d / 2) + t**3 * (1.5 * (b - c) + (d - a) / 2)
        for a, b, c, d in (padded[k : k + 4] for k in range(len(path) - 1))
    ]
    return np.concatenate([*pieces, path[-1:]])


def fitted(start: Array, end: Array, pen: Array) -> tuple[Array, Array]:
    """Lines, (n, lines, 2) each, scaled and moved to MNIST's form for pens of (n, 2) radii in pixels."""
    both = np.concatenate([start, end], axis=1)
    low, high = both.min(axis=1), both.max(axis=1)
    scale = ((BOX - 2 * pen) / np.maximum(high - low, 1e-3)).min(axis=1)[:, None, None]
    length = np.linalg.norm(end - start, axis=2)[:, :, None] + 1e-6
    middle = ((start + end) / 2 * length).sum(axis=1) / length.sum(axis=1)
    size = (high - low) * scale[:, 0] / 2 + pen
    # the centre of mass in the middle of the pixel CENTRE, and all of it inside
    place = ((low + high) / 2 - middle) * scale[:, 0] + CENTRE
    place = np.clip(place, size - 0.5, SIDE - 0.5 - size)[:, None]
    shift = (low + high)[:, None] / 2
    return (start - shift) * scale + place, (end - shift) * scale + place


def ink(start: Array, end: Array, pen: Array, blur: Array) -> Array:
    """Draw lines with elliptic pens.

    Args:
        start, end: (n, lines, 2) x and y of their ends, in pixels.
        pen: (n, 2) radii of the pens in x and y, in pixels.
        blur: (n,) pixels from full ink to none.

    Returns:
        (n, SIDE, SIDE) float32 in [0, 1].
    """
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(SIDE, dtype=np.float32), np.arange(SIDE, dtype=np.float32)))
    out = np.empty((len(start), SIDE * SIDE), np.float32)
    for i in range(0, len(start), 128):
        part = slice(i, i + 128)
        radii = pen[part, None].astype(np.float32)
        a, b = (ends[part].astype(np.float32) / radii for ends in (start, end))
        px, py = x / radii[:, :, 0], y / radii[:, :, 1]
        nearest = np.full(px.shape, np.inf, np.float32)  # squared distance, in radii
        for k in range(a.shape[1]):
            ax, ay = a[:, k, :1], a[:, k, 1:]
            dx, dy = b[:, k, :1] - ax, b[:, k, 1:] - ay
            u, v = px - ax, py - ay
            along = np.clip((u * dx + v * dy) / (dx * dx + dy * dy + np.float32(1e-6)), 0, 1)
            np.minimum(nearest, (u - along * dx) ** 2 + (v - along * dy) ** 2, out=nearest)
        edge = np.sqrt(radii.prod(axis=2)) / blur[part, None].astype(np.float32)
        out[part] = np.clip((1 - np.sqrt(nearest)) * edge + np.float32(0.5), 0, 1)
    return out.reshape(-1, SIDE, SIDE)


def inside(start: Array, end: Array) -> Array:
    """Which pixels closed lines, (n, lines, 2), surround: (n, SIDE, SIDE), those within an odd number of curves."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    out = np.zeros((len(start), SIDE * SIDE), bool)
    for k in range(start.shape[1]):
        (ax, ay), (bx, by) = start[:, k].T[..., None], end[:, k].T[..., None]
        crosses = (ay > y) != (by > y)
        out ^= crosses & ((x - ax) * (by - ay) * np.sign(by - ay) < (bx - ax) * (y - ay) * np.sign(by - ay))
    return out.reshape(-1, SIDE, SIDE)
