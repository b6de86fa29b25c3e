"""Marks agree with SciPy's labels, hulls and holes; printed lines and sheets are found."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage, spatial

from stages.pictures.lines import lines_in
from stages.pictures.marks import area_of, filled, hull, label
from stages.pictures.paper import highest
from stages.pictures.sheet import otsu, outline_of_sheet

SHAPES = [(1, 1), (1, 9), (9, 1), (3, 7), (40, 30)]


@pytest.mark.parametrize("share", [0, 0.05, 0.3, 0.6, 1])
@pytest.mark.parametrize("shape", SHAPES)
def test_labels(share, shape, rng):
    mask = rng.random(shape) < share
    labels, marks = label(mask)
    expected, count = ndimage.label(mask, np.ones((3, 3)))
    assert len(marks) == count
    assert len(set(zip(labels.ravel(), expected.ravel(), strict=True))) == len(np.unique(expected))
    for mark, (rows, columns) in zip(marks, ndimage.find_objects(labels), strict=True):
        assert (mark.top, mark.bottom, mark.left, mark.right) == (rows.start, rows.stop, columns.start, columns.stop)
        assert mark.area == (labels == mark.labels[0]).sum()


@pytest.mark.parametrize("shape", SHAPES)
def test_hull(shape, rng):
    mask = rng.random(shape) < 0.2
    mask[0, 0] = True
    corners = np.concatenate([np.argwhere(mask) + offset for offset in ((0, 0), (0, 1), (1, 0), (1, 1))])
    assert area_of(hull(mask)) == pytest.approx(spatial.ConvexHull(corners).volume)


@pytest.mark.parametrize("shape", SHAPES)
def test_holes_and_maxima(shape, rng):
    mask = rng.random(shape) < 0.7
    # a hole here is closed also at its corners, for SciPy where the outside goes through them
    np.testing.assert_array_equal(filled(mask), ndimage.binary_fill_holes(mask, np.ones((3, 3))))
    values = rng.random(shape)
    for size in 1, 3, 7, 2001:
        np.testing.assert_array_equal(highest(values, size), ndimage.maximum_filter(values, size, mode="nearest"))


def test_otsu_parts_two_kinds():
    values = np.concatenate([np.full(900, 0.1), np.full(100, 0.9)])
    assert 0.1 < otsu(values) <= 0.9


def drawn(*lines, width=2):
    image = Image.new("1", (200, 200))
    for line in lines:
        ImageDraw.Draw(image).line(line, 1, width)
    return np.array(image)


@pytest.mark.parametrize("line", [(0, 90, 199, 90), (0, 90, 199, 120), (80, 0, 80, 199), (20, 60, 190, 60)])
def test_a_line_is_found_and_the_stroke_through_it_stays(line):
    ruling, stroke = drawn(line), drawn((60, 40, 140, 160), width=20)
    lines = lines_in(ruling | stroke)
    assert lines[ruling & ~stroke].mean() > 0.9
    assert lines[stroke].mean() < 0.02


def test_dashes_are_a_line_and_strokes_are_none():
    dashes = drawn(*[(x, 90, x + 7, 90) for x in range(0, 200, 14)])
    assert lines_in(dashes)[dashes].mean() > 0.9
    assert not lines_in(drawn((60, 40, 140, 40), (140, 40, 90, 170), width=12)).any()
    assert not lines_in(drawn((60, 40, 140, 40), (140, 40, 90, 170), width=3)).any()


def polygon(corners, hole=None):
    image = Image.new("1", (200, 200))
    ImageDraw.Draw(image).polygon(corners, 1)
    if hole:
        ImageDraw.Draw(image).line(hole, 0, 12)
    return np.array(image)


def test_sheets():
    stroke = (80, 70, 120, 130)
    assert outline_of_sheet(polygon([(30, 20), (180, 40), (160, 190), (10, 170)], stroke)) is not None, "askew"
    assert outline_of_sheet(polygon([(30, 20), (180, 20), (180, 190), (30, 190)], (80, 70, 80, 195))) is not None
    assert outline_of_sheet(polygon([(30, 20), (180, 20), (180, 190), (30, 190)])) is None, "empty"
    assert outline_of_sheet(polygon([(0, 0), (199, 0), (199, 199), (0, 199)], stroke)) is None, "the whole picture"
    assert outline_of_sheet(polygon([(0, 0), (120, 0), (140, 199), (0, 199)], (60, 70, 70, 130))) is None, "light"
    ring = Image.new("1", (200, 200))
    ImageDraw.Draw(ring).ellipse((30, 20, 170, 180), outline=1, width=50)
    assert outline_of_sheet(np.array(ring)) is None, "a thick 0"
