"""Things that are no digit: their form, and that they are the same in every run."""

import hashlib

import numpy as np
import pytest

from stages.doubting import things
from tests.splits import small_digits

DRAWN = ("letters", "other_alphabets", "scribbles", "solids", "noise")


@pytest.mark.parametrize("kind", DRAWN)
def test_things_have_the_form_of_mnist(kind, rng):
    images = getattr(things, kind)(150, rng)
    assert images.shape == (150, 28, 28)
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 1
    assert (images.max(axis=(1, 2)) > 0.5).mean() > 0.98, "hardly one is without ink"
    heights = np.array([max(np.ptp(np.argwhere(image > 0.3), axis=0)) + 1 for image in images if image.max() > 0.3])
    assert np.median(heights) == pytest.approx(20, abs=1)


def test_digits_come_with_what_they_are(rng):
    images, labels = things.digits(300, rng)
    assert len(images) == len(labels) == 300
    assert set(labels) == set(range(10))


def test_pairs_of_digits_hold_the_ink_of_both(rng):
    split = small_digits(range(50))
    mixed = things.mixtures(200, rng, split.images.reshape(-1, 28, 28), split.digits)
    assert mixed.shape == (200, 28, 28)
    assert len(np.unique(mixed.reshape(200, -1), axis=0)) > 150


def test_other_pens_draw_the_same_thicker_and_thinner(rng):
    images = np.repeat(things.letters(1, rng), 300, axis=0)
    changed = things.by_other_pens(images, rng)
    ink = changed.sum(axis=(1, 2)) / images[0].sum()
    assert ink.min() < 0.8
    assert ink.max() > 1.3
    correlation = [np.corrcoef(images[0].ravel(), one.ravel())[0, 1] for one in changed]
    assert min(correlation) > 0.6
    np.testing.assert_allclose(changed * 255, np.round(changed * 255), atol=1e-4)


@pytest.mark.parametrize("few", [8, 11, 16])
def test_fewer_pixels_keep_what_is_even(few):
    np.testing.assert_allclose(things.averaging(28, few).sum(axis=1), 1)
    np.testing.assert_allclose(things.averaging(28, few).sum(axis=0), few / 28)
    np.testing.assert_allclose(things.magnifying(few, 28, smooth=True).sum(axis=1), 1)
    assert set(np.unique(things.magnifying(4, 28, smooth=False))) == {0, 1}


def test_the_same_seed_draws_the_same_bytes():
    """In 256 levels, which outlast the last digits of sines and roots in which processors may differ."""

    def digest():
        rng = np.random.default_rng(3)
        drawn = np.concatenate([getattr(things, kind)(40, rng) for kind in DRAWN])
        return hashlib.sha256(things.by_other_pens(drawn, rng).tobytes()).hexdigest()

    assert digest() == digest()
