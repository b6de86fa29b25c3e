"""Whether marks are strokes of a pen, and not what light, creases and textures leave over."""

import numpy as np

from dnn.base.types import Array
from stages.pictures.paper import highest
from stages.pictures.reading import Reading

STEEP = 0.5  # of the ink: the step that the colours make within a stroke's width
ABOVE = 2.5  # times the deviation of the colours beside the marks: the same step
EVEN = 0.66  # mean of the steps along the outline, as a share of the largest
FAINT = 0.2  # of the paper's brightness: creases and shades are not darker, nor is a faint pencil
FADING = 3.5  # times as many pixels have a quarter of the ink as have three quarters of it


def are_strokes(colours: Array, reading: Reading) -> bool:
    """Whether all along the outline of the digits the colours make a step, within a stroke's width, that stands out
    from the ups and downs beside it. A shadow has one sharp edge at most, and fades out on the other side.

    Args:
        colours: (height, width, channels), evenly lit: where the reading's ink comes from.
        reading: with at least one digit.
    """
    mask, ink = reading.mask, reading.ink
    width = 2 * max(1, round(max(digit.size for row in reading.found.rows for digit in row) / 20)) + 1
    steps = mean_where(mask, colours, width) - mean_where(~mask, colours, width)
    steps = steps[highest(mask, 3) & ~mask]
    if not steps.size:
        return False
    direction = steps.mean(axis=0)
    direction = direction / max(np.linalg.norm(direction) * np.sqrt(len(direction)), np.finfo(np.float32).tiny)
    steps = steps @ direction
    beside = (colours @ direction)[highest(mask, 2 * width - 1) & ~highest(mask, width)]
    noise = 1.4826 * np.median(np.abs(beside - np.median(beside))) if beside.size else 0.0
    most = np.percentile(ink[mask], 95)
    fading = (highest(mask, width) & (ink > 0.25 * most)).sum() / max((mask & (ink > 0.75 * most)).sum(), 1)
    usual = np.median(ink[mask])
    is_steep = np.median(steps) > max(STEEP * usual, ABOVE * noise)
    largest = np.percentile(steps, 90)
    is_even = largest > 0 and (steps / largest).clip(0, 1).mean() > EVEN
    return bool(is_steep and is_even and (usual > FAINT or fading < FADING))


def mean_where(mask: Array, colours: Array, size: int) -> Array:
    """The mean colour of those pixels of the mask that are in the square of `size` pixels, an odd number, around each
    pixel, (height, width, channels); 0 where there are none.
    """
    reach = size // 2
    values = np.concatenate([colours * mask[..., None], mask[..., None]], axis=2, dtype=np.float64)
    sums = np.pad(values, ((reach + 1, reach), (reach + 1, reach), (0, 0))).cumsum(axis=0).cumsum(axis=1)
    sums = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return sums[..., :-1] / np.maximum(sums[..., -1:], 1)
