"""A picture of any kind -> its colours, opaque, between 0 and 1, and no more of them than are needed."""

import numpy as np
from PIL import Image

from dnn.base.errors import InputError
from dnn.base.types import Array

ENOUGH = 256  # pixels of the shorter side: larger pictures are averaged down, which also averages their noise out
MOST = 1_000_000  # pixels: what is long and thin is averaged down until it has no more
THINNEST = 4  # pixels of the shorter side that are left of it
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue, ITU-R BT.601


def colours_of(image: Image.Image) -> Array:
    """Picture -> (height, width, channels) in [0, 1], opaque; one channel where its pixels are numbers, else three.

    Raises:
        InputError: it is so long and thin that no digit can be seen in it.
    """
    shorter, longer = sorted(image.size)
    factor = max(1, shorter // ENOUGH, -int(-((shorter * longer / MOST) ** 0.5) // 1))
    if factor > 1 and shorter < THINNEST * factor:
        raise InputError(f"{image.width:,} x {image.height:,} pixels are too long and thin; cut out the digit")
    if image.mode[0] in "IF":  # 16 or 32 bits; how many of them are in use only the values tell
        levels = without_outliers(np.asarray(image, np.float32))
        levels = levels - min(levels.min(), 0)
        levels /= max(levels.max(), np.finfo(np.float32).tiny)
        return np.asarray(Image.fromarray(levels).reduce(factor))[..., None]
    if image.mode == "RGBA":
        return over_paper(np.asarray(image.reduce(factor), np.float32) / 255)
    return np.asarray(image.reduce(factor).convert("RGB"), np.float32) / 255


def without_outliers(levels: Array) -> Array:
    """Numbers of which up to eight that are no number, or far beyond all others, are set to what is usual."""
    finite = np.isfinite(levels)
    if not finite.any():
        return np.zeros_like(levels)
    usual = np.float32(np.median(levels[finite]))
    levels = np.where(finite, levels, usual)
    with np.errstate(over="ignore"):  # the largest numbers are further apart than float32 can tell
        distance = np.abs(levels - usual).ravel()
    if len(distance) > 9:
        far = np.partition(distance, -9)[-9]
        if distance.max() > 10 * far > 0:
            levels = np.where(distance.reshape(levels.shape) > far, usual, levels)
    return levels


def over_paper(rgba: Array) -> Array:
    """Lay a picture with transparency over a colour that its ink stands out from: (..., 4) -> (..., 3)."""
    colour, alpha = rgba[..., :3], rgba[..., 3:]
    seen = alpha[..., 0] > alpha.max() / 2
    if seen.all() or not seen.any():
        return colour if seen.any() else np.zeros_like(colour)
    visible = colour[seen]
    box = np.ptp(np.argwhere(seen), axis=0) + 1
    # A full box of several colours is a card that brings its own paper; all else is ink, light or dark.
    is_card = len(visible) > 0.7 * box.prod() and visible.std(axis=0).max() > 0.05
    paper = np.median(visible, axis=0) if is_card else np.float32(visible.mean() < 0.5)
    return alpha * colour + (1 - alpha) * paper


def luma(colours: Array) -> Array:
    """(height, width, channels) -> (height, width): brightness."""
    return colours @ LUMA if colours.shape[2] == 3 else colours[..., 0]
