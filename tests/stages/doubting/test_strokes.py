"""Drawings by strokes, against geometry and against Pillow's way into MNIST's form."""

import numpy as np
import pytest
from matplotlib.path import Path
from scipy.interpolate import CubicHermiteSpline

from stages.datasets.centring import BOX, CENTRE
from stages.doubting.letters import DIGITS, LETTERS, OTHER_ALPHABETS
from stages.doubting.strokes import PIECES, fitted, ink, inside, skeleton


def test_a_skeleton_joins_its_points_by_lines():
    lines = skeleton("08 30 68|15 55")
    assert lines.points.tolist() == [[0, 8], [3, 0], [6, 8], [1, 5], [5, 5]]
    assert (lines.start @ lines.points).tolist() == [[0, 8], [3, 0], [1, 5]]
    assert (lines.end @ lines.points).tolist() == [[3, 0], [6, 8], [5, 5]]
    assert lines.tips.tolist() == [0, 2, 3, 4]


def test_a_curve_is_the_spline_of_catmull_and_rom():
    """Each slope is half of the way between a point's neighbours, at the ends that to the only one."""
    lines = skeleton("~00 32 61 68")
    points = lines.points
    slopes = np.array([points[1] - points[0], *(points[2:] - points[:-2]) / 2, points[3] - points[2]])
    spline = CubicHermiteSpline(np.arange(4), points, slopes)
    np.testing.assert_allclose(lines.start @ points, spline(np.arange(3 * PIECES) / PIECES), atol=1e-12)
    np.testing.assert_allclose(lines.end[-1] @ points, points[-1])


def test_ink_is_full_within_the_pen_and_none_beyond_its_edge():
    start, end = np.array([[[8.0, 14]]]), np.array([[[20.0, 14]]])
    drawn = ink(start, end, np.array([[2.0, 2]]), np.array([1.0]))[0]
    y, x = np.mgrid[:28, :28]
    distance = np.hypot(x - x.clip(8, 20), y - 14)
    np.testing.assert_allclose(drawn, (2 - distance + 0.5).clip(0, 1), atol=2e-3)


def test_an_elliptic_pen_draws_thick_across_and_thin_along():
    middle = np.array([[[14.0, 6]]]), np.array([[[14.0, 22]]])
    upright = ink(*middle, np.array([[2.5, 1]]), np.array([0.7]))[0]
    lying = ink(*(ends[..., ::-1] for ends in middle), np.array([[2.5, 1]]), np.array([0.7]))[0]
    assert upright[14].sum() == pytest.approx(5, abs=0.6)
    assert lying[:, 14].sum() == pytest.approx(2, abs=0.6)


def test_pixels_within_a_closed_curve_are_inside_it(rng):
    corners = rng.uniform(3, 25, (20, 5, 2))
    closed = np.concatenate([corners, corners[:, :1]], axis=1)
    found = inside(closed[:, :-1], closed[:, 1:])
    x, y = np.meshgrid(np.arange(28), np.arange(28))
    pixels = np.stack([x.ravel(), y.ravel()], axis=1)
    for triangle in corners[:, :3]:
        around = np.concatenate([triangle, triangle[:1]])[None]
        within = Path(triangle).contains_points(pixels).reshape(28, 28)
        assert np.array_equal(inside(around[:, :-1], around[:, 1:])[0], within)
    twice = np.concatenate([closed, closed], axis=1)
    assert found.any()
    assert not inside(twice[:, :-1], twice[:, 1:]).any(), "what is surrounded twice is a hole"


@pytest.mark.parametrize("form", ["08 30 68|15 55", "00 60", "30 38", "~02 20 50 62 44 08|08 68"])
def test_drawings_have_the_form_of_mnist(form):
    lines = skeleton(form)
    points, pen = lines.points[None], np.array([[1.5, 1.0]])
    drawn = ink(*fitted(lines.start @ points, lines.end @ points, pen), pen, np.array([0.7]))[0]
    rows, columns = (np.flatnonzero(drawn.max(axis=axis) > 0.1) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(BOX, abs=1)
    mass = drawn / drawn.sum()
    centre = (mass.sum(axis=1) @ np.arange(28), mass.sum(axis=0) @ np.arange(28))
    np.testing.assert_allclose(centre, CENTRE, atol=1)


@pytest.mark.parametrize("table", [LETTERS, DIGITS, OTHER_ALPHABETS], ids=["letters", "digits", "other alphabets"])
def test_every_skeleton_can_be_drawn(table):
    for forms in table.values():
        assert isinstance(forms, tuple), "a single form is easily written as a text"
        for form in forms:
            assert len(skeleton(form).start)


def test_other_alphabets_are_no_part_of_the_letters():
    assert not {f for forms in LETTERS.values() for f in forms} & {
        f for forms in OTHER_ALPHABETS.values() for f in forms
    }
