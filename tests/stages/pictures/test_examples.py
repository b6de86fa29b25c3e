"""The pictures of data/examples are as they are drawn, and hold what their names say."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.pictures.digits import digits_in
from tests.stages.pictures.examples import EXAMPLES

FOLDER = Path("data/examples")


def test_the_folder_has_the_pictures_and_they_are_small():
    assert {path.name for path in FOLDER.iterdir()} == set(EXAMPLES)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 100_000


@pytest.mark.parametrize("place", range(len(EXAMPLES)), ids=list(EXAMPLES))
def test_a_picture_is_as_it_is_drawn(place):
    name, draw = list(EXAMPLES.items())[place]
    drawn = draw(np.random.default_rng(place)).convert("RGB")
    there = Image.open(FOLDER / name).convert("RGB")
    assert there.size == drawn.size
    assert np.abs(np.asarray(there, float) - np.asarray(drawn, float)).mean() < 6  # levels, which JPEG changes


@pytest.mark.parametrize(("name", "rows"), [("42.png", [2]), ("blackboard.jpg", [2, 3]), ("photo.jpg", [1])])
def test_the_digits_are_found(name, rows):
    assert [len(row) for row in digits_in(Image.open(FOLDER / name))] == rows
