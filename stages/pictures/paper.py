"""Colours of a picture -> ink: how far each pixel goes from the paper towards the pen.

The paper is not of one colour: light falls in from a side, shadows lie on it. There are four ways to tell it, from the
simplest, which most pictures need, to those for shadows of any shape.
"""

import numpy as np
from PIL import Image

from dnn.base.types import Array
from stages.pictures.colours import luma

STROKE = 0.25  # of the picture's size: no stroke is wider
LEAST = 0.015  # four of 255 levels: ink differs by more
COARSE = 48  # pixels of the shorter side that are enough to tell how light changes


def border_of(shape: tuple[int, ...]) -> Array:
    """(height, width) bool: the outermost pixels."""
    border = np.ones(shape[:2], bool)
    border[1:-1, 1:-1] = False
    return border


def ink_over(colours: Array, paper: Array, told_by: Array) -> Array:
    """(height, width, channels) -> (height, width): the ink is what differs most from the paper. So it does not matter
    which of the two is lighter, or that they differ in hue alone. All 0 where nothing stands out.

    Args:
        paper: of the colours' shape, or what broadcasts to it.
        told_by: (height, width) bool: pixels that tell how noisy the paper is; most of them are paper.
    """
    difference = colours - paper
    # The cube lets the ink outweigh the noise, which also points to all sides.
    direction = (difference * (difference**2).sum(axis=2, keepdims=True)).sum(axis=(0, 1))
    direction /= max(np.linalg.norm(direction), np.finfo(np.float32).tiny)
    ink = difference @ direction / np.sqrt(len(direction))
    # Three standard deviations, by the median as ink may touch; a texture's ups and downs have an end before that.
    usual, large = np.percentile(np.abs(ink[told_by]), [50, 90])
    noise = 3 * min(1.4826 * usual, large / 1.645)
    ink = (ink - noise).clip(0)
    return ink if ink.max() > max(LEAST, noise) else np.zeros_like(ink)


def plane(colours: Array) -> Array:
    """The plane through the colours of the border, so that light falling in from one side is taken out.

    Fitted by least absolute deviations (as least squares with weights 1 / |residual|): ink that touches the border
    does not count, and a border of one colour gives exactly that colour.
    """
    border = border_of(colours.shape)
    basis = polynomials(border.shape[0], border.shape[1], degree=1)
    return basis @ fitted(basis[border], colours[border], power=1, rounds=10)


def surface(colours: Array) -> Array:
    """The cubic surface through the colours of the whole picture, most of which is paper: vignettes, wide shadows.

    The weights fall faster than those of least absolute deviations, as the ink is on one side of the paper.
    """
    height, width = colours.shape[:2]
    step = max(1, min(height, width) // COARSE)
    basis = polynomials(height, width, degree=3)
    some = np.s_[::step, ::step]
    terms, channels = basis.shape[2], colours.shape[2]
    return basis @ fitted(basis[some].reshape(-1, terms), colours[some].reshape(-1, channels), power=1.5, rounds=15)


def polynomials(height: int, width: int, degree: int) -> Array:
    """(height, width, terms): 1, x, y, x², x y ... of the pixels, x and y between -1 and 1."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)], axis=2)


def fitted(A: Array, B: Array, power: float, rounds: int) -> Array:
    """Coefficients of the fit A @ c = B with weights 1 / |residual|^power, (terms, channels)."""
    B = B.astype(np.float64)
    weight = np.ones((len(A), 1))
    if power > 1:  # it keeps to what it begins with: the median
        weight = 1 / (np.abs(B - np.median(B, axis=0)).max(axis=1, keepdims=True) + 0.02)
    for _ in range(rounds):
        weighted = A.T * weight.T
        fit = np.linalg.lstsq(weighted @ A, weighted @ B)[0]  # no `solve`: a picture may be one pixel wide
        weight = 1 / (np.abs(B - A @ fit).max(axis=1, keepdims=True) ** power + 1e-3)
    return fit


def around(colours: Array) -> Array:
    """The median of each pixel's wide surroundings."""
    height, width, channels = colours.shape
    step = max(1, round(min(height, width) / COARSE))
    small = np.stack([resized(c, (-(-width // step), -(-height // step))) for c in np.moveaxis(colours, 2, 0)], axis=2)
    reach = max(1, int(0.21 * min(small.shape[:2])))
    padded = np.pad(small, ((reach, reach), (reach, reach), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1), axis=(0, 1))
    medians = np.median(windows[..., ::2, ::2], axis=(3, 4))
    return np.stack([resized(medians[..., c], (width, height)) for c in range(channels)], axis=2)


def resized(values: Array, size: tuple[int, int]) -> Array:
    """(height, width) float -> of that width and height."""
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))


def without_strokes(colours: Array, is_dark: bool) -> Array:
    """The brightness, (height, width, 1), with all that is no wider than a stroke filled by what surrounds it (a
    closing, for dark ink; for light ink its mirror): the edges of shadows, and of a sheet on a table, stay as they are.
    """
    sign = 1 if is_dark else -1
    grey = sign * blurred(luma(colours)[..., None])[..., 0]
    size = int(STROKE * min(max(grey.shape), 2 * min(grey.shape))) | 1
    return sign * -highest(-highest(grey, size), size)[..., None]


def blurred(colours: Array) -> Array:
    """The mean of each pixel and its eight neighbours."""
    height, width = colours.shape[:2]
    padded = np.pad(colours, ((1, 1), (1, 1), (0, 0)), mode="edge")
    return np.mean([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)


def highest(values: Array, size: int) -> Array:
    """The maximum of the square of `size` pixels, an odd number, around each pixel: (height, width) -> the same."""
    for _ in range(2):  # along the rows, then along the columns
        reach = min(size // 2, len(values))  # one that is longer meets no more pixels
        values = np.pad(values, ((reach, reach), (0, 0)), constant_values=-np.inf if values.dtype.kind == "f" else 0)
        done = 1
        while done <= 2 * reach:  # each step doubles the number of pixels looked at
            step = min(done, 2 * reach + 1 - done)
            values = np.maximum(values[:-step], values[step:])
            done += step
        values = values.T
    return values


def evenly_lit(colours: Array, paper: Array) -> tuple[Array, Array]:
    """Both as if the paper were everywhere as bright as where it is brightest: a shadow darkens ink and paper alike."""
    light = luma(paper)
    light = (light / max(light.max(), 0.01)).clip(0.2, None)[..., None]
    return colours / light, paper / light


def is_dark_ink(colours: Array) -> bool:
    """Whether the darkest pixels are further from the usual brightness than the lightest: no shadow is as dark."""
    dark, usual, light = np.log(np.percentile(luma(colours), [1, 50, 99]).clip(0) + 0.05)
    return bool(usual - dark > light - usual)
