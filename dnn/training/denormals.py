"""Numbers too small for a float's usual form, which processors compute with at a hundredth of their speed."""

import numpy as np

from dnn.base.types import Array

EVERY = 64  # steps; a decay rate of 0.8 or more takes no number from far above the denormal range into it in so few


def drop_denormals(vector: Array, scratch: Array | None = None) -> None:
    """Set to 0, in place, what is denormal or soon may be: below 2²⁷ times the smallest usual number; float32: 1.6e-30.

    A mean that decays, as Adam's m of a weight without gradient, would stay denormal for good: 0.9 times 4 units of the
    last place rounds to 4 again. No weight of usual size changes by so little.

    Args:
        vector: (n,) floats.
        scratch: (n,) memory with any content; None takes new one.
    """
    size = np.abs(vector, out=scratch)
    vector[size < np.finfo(vector.dtype).tiny * 2**27] = 0
