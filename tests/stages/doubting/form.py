"""The form that all drawings have in common."""

import numpy as np
import pytest


def assert_form_of_mnist(images, count):
    """So many images in float32 from 0 to 1, with digits' usual height."""
    assert images.shape == (count, 28, 28)
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 1
    heights = [max(np.ptp(np.argwhere(image > 0.3), axis=0)) + 1 for image in images if image.max() > 0.3]
    assert np.median(heights) == pytest.approx(20, abs=1)
