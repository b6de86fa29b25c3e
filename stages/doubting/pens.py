"""Pens, thick and thin, and the way into MNIST's form."""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from dnn.base.types import Array
from stages.datasets.centring import SIDE, fit_and_centre
from stages.doubting.strokes import fitted, ink, inside

PENS = (0.6, 2.3)  # radii, in pixels
FEW = 0.25  # share of the pictures of 8 to 16 pixels


def by_pens(
    start: Array,
    end: Array,
    rng: np.random.Generator,
    pens: tuple[float, float] = PENS,
    solid: Array | None = None,
) -> Array:
    """Drawings of lines, (n, lines, 2), slanted, widened and by all kinds of pens: (n, SIDE, SIDE).

    Args:
        pens: the smallest and largest radius, in pixels.
        solid: (lines,) which of them surround what is filled.
    """
    n = len(start)
    angle, slant, width = rng.normal(0, 0.07, n), rng.normal(0.05, 0.15, n), np.exp(rng.normal(0, 0.2, n))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[width * cos, width * sin], [-slant * cos - sin, cos]]).transpose(2, 0, 1)
    radius = rng.uniform(*pens, n)
    ratio = np.exp(
        rng.normal(0.1, 0.35, n).clip(-0.6, 1) * (rng.random(n) < 0.5)
    )  # of thick lines down to those across
    pen = np.stack([radius * np.sqrt(ratio), radius / np.sqrt(ratio)], axis=1).clip(pens[0] / 1.2, 2.8)
    start, end = fitted(start @ turn, end @ turn, pen)
    drawn = ink(start, end, pen, rng.uniform(0.7, 1.8, n))
    if solid is not None and solid.any():
        drawn = np.maximum(drawn, inside(start[:, solid], end[:, solid]))
    return drawn


def by_other_pens(images: Array, rng: np.random.Generator) -> Array:
    """The same drawings by thicker and thinner pens, some in fewer pixels, in 256 levels as pictures have them."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    near = [padded[:, 1 + i : 1 + i + SIDE, 1 + j : 1 + j + SIDE] for i, j in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    share = rng.uniform(-0.7, 1, (len(images), 1, 1)) * (rng.random((len(images), 1, 1)) < 0.6)
    share = share.astype(np.float32)
    most, least = reduce(np.maximum, near, images), reduce(np.minimum, near, images)
    out = images + share.clip(0) * (most - images) + (-share).clip(0) * (least - images)
    pixels = rng.integers(8, 17, len(images)) * (rng.random(len(images)) < FEW)
    for few in range(8, 17):
        A = magnifying(few, SIDE, smooth=True) @ averaging(SIDE, few)
        out[pixels == few] = A @ out[pixels == few] @ A.T
    levels = np.round(255 * out / np.maximum(out.max(axis=(1, 2), keepdims=True), 0.1))
    return levels.astype(np.float32) / np.float32(255)


def centred(images: Sequence[Array]) -> Array:
    """Each in MNIST's form; an empty one where there is no ink."""
    out = np.zeros((len(images), SIDE, SIDE), np.float32)
    for k, image in enumerate(images):
        rows, columns = (np.flatnonzero(image.max(axis=axis) > 0.1) for axis in (1, 0))
        if len(rows):
            out[k] = fit_and_centre(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return out


def magnifying(cells: int, pixels: int, smooth: bool) -> Array:
    """(pixels, cells) matrix that makes each cell many pixels, of its own value or between it and its neighbour's."""
    place = (np.arange(pixels) + 0.5) * cells / pixels - 0.5
    distance = np.abs(place[:, None] - np.arange(cells))
    weight = (1 - distance).clip(0) if smooth else (distance == distance.min(axis=1, keepdims=True)).astype(float)
    return weight / weight.sum(axis=1, keepdims=True)


def averaging(pixels: int, cells: int) -> Array:
    """(cells, pixels) matrix of the means over equal parts."""
    edges, place = np.arange(cells + 1) * pixels / cells, np.arange(pixels)
    low, high = np.maximum(edges[:-1, None], place), np.minimum(edges[1:, None], place + 1)
    return (high - low).clip(0) * cells / pixels
