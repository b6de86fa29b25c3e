"""Figures put together at random."""

import numpy as np
import pytest

from stages.doubting import doodles
from tests.stages.doubting.form import assert_form_of_mnist


def test_doodles_have_the_form_of_mnist(rng):
    images = doodles.doodles(500, rng)
    assert_form_of_mnist(images, 500)
    assert len(np.unique(images.reshape(500, -1), axis=0)) > 490


@pytest.mark.parametrize("kind", doodles.KINDS)
def test_every_kind_gives_paths_of_as_many_figures(kind, rng):
    for _ in range(30):
        for part in kind(5, rng):
            assert part.path.shape[::2] == (5, 2)
            assert np.isfinite(part.path).all()


@pytest.mark.parametrize("kind", [doodles.in_quarters, doodles.mirrored])
def test_mirrored_figures_are_their_own_mirror_image(kind, rng):
    for _ in range(30):
        points = np.concatenate([part.path for part in kind(1, rng) if part.path.shape[1] < 17], axis=1)[0].round(6)
        assert {(x + 0.0, y) for x, y in points} == {(-x + 0.0, y) for x, y in points}


@pytest.mark.parametrize("kind", [doodles.in_quarters, doodles.mirrored])
def test_no_mirrored_figure_is_an_upright_line(kind, rng):
    for _ in range(300):
        x = np.concatenate([part.path for part in kind(1, rng)], axis=1)[0, :, 0]
        assert np.ptp(x) > 0.3, "that would be a 1"


def test_what_is_turned_lies_around_its_centre(rng):
    for _ in range(30):
        parts = doodles.around(3, rng)
        np.testing.assert_allclose(sum(part.path for part in parts), 0, atol=1e-9)
