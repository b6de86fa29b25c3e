"""A picture of what is no digit -> a square of grey levels, as Fashion-MNIST's images are."""

import numpy as np
from PIL import Image

from dnn.base.types import Array
from stages.pictures.colours import colours_of, luma


def to_square(image: Image.Image, side: int) -> Array:
    """Any picture -> (side * side,) float32 in [0, 1]: its grey levels, on a background that is dark or made so.

    The longer side of the picture gets `side` pixels, the other is filled up with background on both ends. A picture of
    this size whose border is dark comes through as it is. Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST", section 2.
    """
    grey = luma(colours_of(image))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = np.median(border)
    if paper > 0.5:
        grey, paper = 1 - grey, 1 - paper
    height, width = grey.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size != (width, height):
        filters = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
        grey = np.asarray(Image.fromarray(np.ascontiguousarray(grey, np.float32)).resize(size, filters))
    out = np.full((side, side), paper, np.float32)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = grey.clip(0, 1)
    return out.ravel()
