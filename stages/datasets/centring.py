"""MNIST's form: the digit fitted to 20 pixels and centred in 28.

As http://yann.lecun.com/exdb/mnist describes it: the longest side of the digit is 20 pixels, the aspect ratio is kept,
and the centre of mass lies in the pixel (14, 14).
"""

import numpy as np
from PIL import Image

from dnn.base.types import Array

SIDE = 28
BOX = 20  # pixels of the longest side of the digit
CENTRE = 14  # row and column of the pixel that gets the centre of mass


def fit_and_centre(digit: Array) -> Array:
    """The ink of one digit, (height, width), at least 0 and cut to what is not empty -> (28, 28) float32 in [0, 1]."""
    height, width = digit.shape
    scale = BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    digit = np.ascontiguousarray(digit, np.float32)
    if size != (width, height):
        digit = np.asarray(Image.fromarray(digit).resize(size, Image.Resampling.BICUBIC)).clip(0)
    out = np.zeros((SIDE, SIDE), np.float32)
    y, x = offset(digit.sum(axis=1)), offset(digit.sum(axis=0))
    out[y : y + size[1], x : x + size[0]] = digit / digit.max()
    return out


def offset(profile: Array) -> int:
    """First pixel of a row or column profile whose centre of mass is to lie in the centre, and all of it inside."""
    mean = profile @ np.arange(len(profile)) / profile.sum()
    return int(np.clip(round(CENTRE - mean), 0, SIDE - len(profile)))
