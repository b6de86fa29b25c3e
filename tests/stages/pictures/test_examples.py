"""The pictures of data/examples are as they are drawn, and hold what their names say."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.pictures.digits import digits_in
from tests.stages.pictures.examples import EXAMPLES, main

FOLDER = Path("data/examples")


def test_the_folder_has_the_pictures_and_they_are_small():
    assert {path.name for path in FOLDER.iterdir()} == set(EXAMPLES)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 100_000


def test_they_are_as_they_are_drawn(tmp_path):
    main(str(tmp_path))
    for name in EXAMPLES:
        drawn, there = (np.asarray(Image.open(folder / name), float) for folder in (tmp_path, FOLDER))
        assert np.abs(there - drawn).mean() < 1, name  # level; libraries differ in how they write a JPEG


@pytest.mark.parametrize(("name", "rows"), [("42.png", [2]), ("blackboard.jpg", [2, 3]), ("photo.jpg", [1])])
def test_the_digits_are_found(name, rows):
    assert [len(row) for row in digits_in(Image.open(FOLDER / name))] == rows
