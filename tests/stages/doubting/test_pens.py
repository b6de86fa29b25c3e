"""Pens, and pictures of few pixels."""

import numpy as np
import pytest

from stages.doubting import pens, things


def test_other_pens_draw_the_same_thicker_and_thinner(rng):
    images = np.repeat(things.letters(1, rng), 300, axis=0)
    changed = pens.by_other_pens(images, rng)
    ink = changed.sum(axis=(1, 2)) / images[0].sum()
    assert ink.min() < 0.8
    assert ink.max() > 1.3
    correlation = [np.corrcoef(images[0].ravel(), one.ravel())[0, 1] for one in changed]
    assert min(correlation) > 0.6
    np.testing.assert_allclose(changed * 255, np.round(changed * 255), atol=1e-4)


@pytest.mark.parametrize("few", [8, 11, 16])
def test_fewer_pixels_keep_what_is_even(few):
    np.testing.assert_allclose(pens.averaging(28, few).sum(axis=1), 1)
    np.testing.assert_allclose(pens.averaging(28, few).sum(axis=0), few / 28)
    np.testing.assert_allclose(pens.magnifying(few, 28, smooth=True).sum(axis=1), 1)
    assert set(np.unique(pens.magnifying(4, 28, smooth=False))) == {0, 1}


def test_what_lines_surround_is_filled(rng):
    corners = np.array([[0, 0], [6, 0], [6, 6], [0, 6], [0, 0]]) + np.zeros((40, 1, 1))
    start, end = corners[:, :-1], corners[:, 1:]
    hollow = pens.by_pens(start, end, rng, pens=(0.5, 0.8))
    filled = pens.by_pens(start, end, rng, pens=(0.5, 0.8), solid=np.full(4, True))
    assert hollow[:, 14, 14].max() == 0
    assert filled[:, 14, 14].min() == 1
