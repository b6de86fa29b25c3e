"""Images that are MNIST's and yet are not: fifteen corruptions of the same kinds and strengths as those of MNIST-C.

Each takes (n, height, width) float32 in [0, 1], light on dark, and a generator, and gives the same shape. They are
drawn anew, for all images at once, so that none is pixel for pixel that of MNIST-C.

Sources: Mu & Gilmer 2019, "MNIST-C: a robustness benchmark for computer vision"; Canny 1986, "A computational approach
to edge detection".
"""

from collections.abc import Callable
from math import cos, radians, sin

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from dnn.base.types import Array

TOUCHING = np.zeros((3, 3, 3), bool)  # neighbours in one image, none in the next
TOUCHING[1] = True


def shot_noise(X: Array, rng: Generator) -> Array:
    """The light as few photons as three a pixel."""
    return rng.poisson(3 * X) / 3


def impulse_noise(X: Array, rng: Generator) -> Array:
    """17 % of the pixels black or white."""
    chance = rng.random(X.shape)
    return np.where(chance < 0.085, 0, np.where(chance > 1 - 0.085, 1, X))


def glass_blur(X: Array, rng: Generator) -> Array:
    """Neighbouring pixels change places, twice, between two blurs."""
    X = blurred(X, 0.7)
    images, (height, width) = np.arange(len(X)), X.shape[1:]
    for y in (*range(1, height - 1), *range(1, height - 1)):
        for x in range(1, width - 1):
            dy, dx = np.where(rng.random(len(X)) < 0.5, rng.integers(-1, 2, (2, len(X))), 0)
            here, there = X[:, y, x].copy(), X[images, y + dy, x + dx]
            X[images, y + dy, x + dx] = here
            X[:, y, x] = there
    return blurred(X, 0.7)


def motion_blur(X: Array, rng: Generator) -> Array:
    """Drawn out to one side, in a direction from -45 to 45 degrees."""
    steps = np.arange(11)
    weights = np.exp(-0.5 * (steps / 3) ** 2)
    result, which = np.zeros_like(X), rng.integers(0, 19, len(X))
    for number, angle in enumerate(range(-45, 46, 5)):
        own = which == number
        for step, weight in zip(steps, weights / weights.sum(), strict=True):
            way = step * sin(radians(angle)), step * cos(radians(angle))
            result[own] += weight * ndimage.shift(X[own], (0, *way), order=1)
    return result


def shear(X: Array, rng: Generator) -> Array:
    """By 0.4 pixels a row, to the left or the right."""
    return either(X, rng, *(mapped(X, [[1, 0], [side * 0.4, 1]]) for side in (-1, 1)))


def scale(X: Array, rng: Generator) -> Array:
    """To 0.7 of the size."""
    return mapped(X, np.eye(2) / 0.7)


def rotation(X: Array, rng: Generator) -> Array:
    """By 0.4 radians, 23 degrees, to the left or the right."""
    turns = ([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]] for angle in (-0.4, 0.4))
    return either(X, rng, *(mapped(X, turn) for turn in turns))


def brightness(X: Array, rng: Generator) -> Array:
    """Half of white added everywhere."""
    return X + 0.5


def translation(X: Array, rng: Generator) -> Array:
    """By three pixels up or down and three to the left or the right."""
    moved = either(X, rng, *(ndimage.shift(X, (0, way, 0), order=0) for way in (-3, 3)))
    return either(moved, rng, *(ndimage.shift(moved, (0, 0, way), order=0) for way in (-3, 3)))


def stripe(X: Array, rng: Generator) -> Array:
    """The left and the right quarter inverted."""
    quarter = X.shape[2] // 4
    X = X.copy()
    X[:, :, :quarter] = 1 - X[:, :, :quarter]
    X[:, :, -quarter:] = 1 - X[:, :, -quarter:]
    return X


def fog(X: Array, rng: Generator) -> Array:
    """Clouds, three times as bright as the digit: noise of all sizes, the larger the stronger."""
    clouds = np.zeros_like(X)
    for octave in range(6):
        size = 2 + 2**octave
        grid = rng.random((len(X), size, size), np.float32) / 1.4**octave
        points = (np.linspace(0, size - 1, side) for side in X.shape[1:])
        clouds += resampled(grid, *points)
    clouds -= clouds.min(axis=(1, 2), keepdims=True)
    clouds /= clouds.max(axis=(1, 2), keepdims=True)
    return (X + 3 * clouds) / 4


def spatter(X: Array, rng: Generator) -> Array:
    """Drops of grey mud on it."""
    liquid = blurred(rng.normal(0.65, 0.3, X.shape), 1)
    drops = blurred((liquid > 0.65).astype(float), 1.5)
    drops[drops < 0.8] = 0
    return X * (1 - drops) + drops * 63 / 255


def dotted_line(X: Array, rng: Generator) -> Array:
    """A dotted line from the left to the right, two pixels on and two off."""
    height, width = X.shape[1:]
    start, end = rng.integers(0, height - 1, (2, len(X), 1))
    rows = start + (end - start) * np.linspace(0, 1, width)
    return X + drawn(rows, height) * (np.arange(width) % 4 < 2)


def zigzag(X: Array, rng: Generator) -> Array:
    """A zigzag from the left to the right, two pixels up and two down."""
    height, width = X.shape[1:]
    start, rise = rng.integers(0, height - 1, (len(X), 1)), rng.integers(-5, 5, (len(X), 1))
    columns = np.arange(width)
    teeth = 2 * np.abs((columns + 2) % 8 - 4) / 2 - 2
    inside = (columns >= 2) & (columns < width - 2)
    return X + drawn(start + rise * columns / width + teeth, height) * inside


def edges(X: Array, rng: Generator) -> Array:
    """Canny's edges: steepest along their slope, and strong or touching a strong one."""
    smooth = blurred(X, 1)
    dy, dx = ndimage.sobel(smooth, axis=1) / 4, ndimage.sobel(smooth, axis=2) / 4
    slope = np.hypot(dy, dx)
    padded = np.pad(slope, ((0, 0), (1, 1), (1, 1)))
    direction = np.round(np.arctan2(dy, dx) / (np.pi / 4)).astype(int) % 4
    steepest = np.zeros(X.shape, bool)
    height, width = X.shape[1:]
    for number, (y, x) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead, behind = (padded[:, 1 + s * y : 1 + s * y + height, 1 + s * x : 1 + s * x + width] for s in (1, -1))
        steepest |= (direction == number) & (slope >= ahead) & (slope >= behind)
    weak = steepest & (slope > 0.1)
    labels, count = ndimage.label(weak, TOUCHING)
    strong = np.zeros(count + 1, bool)
    strong[labels[steepest & (slope > 0.2)]] = True
    strong[0] = False
    return strong[labels].astype(X.dtype)


CORRUPTIONS: dict[str, Callable[[Array, Generator], Array]] = {
    function.__name__.replace("_", " "): function
    for function in (
        *(rotation, scale, shear, translation, shot_noise, impulse_noise, glass_blur, motion_blur, brightness, stripe),
        *(fog, spatter, dotted_line, zigzag, edges),
    )
}


def corrupted(X: Array, name: str) -> Array:
    """The images under a corruption, always the same ones: (n, height, width) float32 -> the same, in [0, 1]."""
    rng = np.random.default_rng([0, list(CORRUPTIONS).index(name)])
    return np.clip(CORRUPTIONS[name](X, rng), 0, 1).astype(np.float32)


def blurred(X: Array, sigma: float) -> Array:
    """Each image through a Gaussian of this width, in pixels."""
    result: Array = ndimage.gaussian_filter(X, (0, sigma, sigma))
    return result


def mapped(X: Array, matrix: Array | list[list[float]]) -> Array:
    """Each pixel from where the (2, 2) matrix takes its place (y, x), seen from the middle."""
    whole = np.eye(3)
    whole[1:, 1:] = matrix
    middle = (np.array(X.shape) - 1) / 2
    result: Array = ndimage.affine_transform(X, whole, middle - whole @ middle, order=1)
    return result


def either(X: Array, rng: Generator, one: Array, other: Array) -> Array:
    """Of each image the one or the other."""
    return np.where(rng.random((len(X), 1, 1)) < 0.5, one, other)


def resampled(grid: Array, rows: Array, columns: Array) -> Array:
    """Values between those of (n, size, size) grids, linearly, at these places: (n, rows, columns)."""
    for axis, places in ((1, rows), (2, columns)):
        low = np.minimum(places.astype(int), grid.shape[axis] - 2)
        part = (places - low).astype(np.float32)[:, None] if axis == 1 else (places - low).astype(np.float32)
        grid = np.take(grid, low, axis) * (1 - part) + np.take(grid, low + 1, axis) * part
    return grid


def drawn(rows: Array, height: int) -> Array:
    """A pen's line that is in each column at this row: (n, width) -> (n, height, width)."""
    distance = np.abs(np.arange(height)[:, None] - rows[:, None, :])
    return np.maximum(0, 1 + np.log(1 - np.minimum(distance, 2.29) / 2.3)).astype(np.float32)
