"""Pictures of what is no digit are brought to the size of the network's images."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stages.pictures.square import to_square


@pytest.mark.parametrize("side", [2, 20, 28, 300])
def test_a_picture_that_has_the_form_of_a_class_comes_through(side, rng):
    levels = rng.integers(0, 256, (side, side), dtype=np.uint8)
    levels[[0, -1]] = levels[:, [0, -1]] = 0
    square = to_square(Image.fromarray(levels), side)
    assert square.dtype == np.float32
    np.testing.assert_allclose(square.reshape(side, side), levels / 255, atol=1e-6)


def test_what_is_no_square_is_filled_up_and_paper_is_made_dark():
    image = Image.new("RGB", (60, 30), "white")
    ImageDraw.Draw(image).rectangle((20, 10, 39, 19), fill="black")
    square = to_square(image, 20).reshape(20, 20)
    assert square[:5].max() == square[15:].max() == 0, "above and below"
    assert square[9:11, 8:12].min() == 1
    assert square[9:11, :4].max() == 0
