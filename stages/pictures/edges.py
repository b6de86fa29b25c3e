"""Whether marks end where the picture shows an edge: ink does, what comes of shadows or of a wrong paper does not."""

import numpy as np

from dnn.base.types import Array
from stages.pictures.paper import blurred, highest

WEAKEST = 0.3  # of the picture's sharpest edges: the soft ones of a digit beside a ruling or a frame are not weaker


def edges_of(colours: Array) -> Array:
    """(height, width, channels) -> (height, width): how steeply the brightness of any channel changes near a pixel; as
    a ratio, so that an edge in a shadow counts as one in the light.
    """
    brightness = np.log(blurred(colours) + 0.05)
    steepness = np.zeros(colours.shape[:2], np.float32)
    for axis in 0, 1:
        if colours.shape[axis] > 1:
            steepness += np.abs(np.gradient(brightness, axis=axis)).max(axis=2) ** 2
    return highest(np.sqrt(steepness), 3)


def agreement(mask: Array, edges: Array) -> float:
    """How much of the outline of a mask lies on edges that are as strong as its strongest: 0 to 1."""
    outline = edges[highest(mask, 3) & ~mask]
    if not outline.size:
        return 0.0
    strong = max(np.percentile(outline, 90), WEAKEST * np.percentile(edges, 99.5))
    return float(np.minimum(outline / strong, 1).mean()) if strong else 0.0
