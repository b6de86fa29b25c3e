"""Digits that are none any more."""

import numpy as np
import pytest

from stages.doubting import spoiled
from tests.splits import small_digits
from tests.stages.doubting.form import assert_form_of_mnist

SPLIT = small_digits(range(300))
IMAGES, LABELS = SPLIT.images.reshape(-1, 28, 28), SPLIT.digits


def one_of_each(digits):
    """Images of these digits alone, and a blank one, which must not be taken, for each of the others."""
    return np.array([IMAGES[d == LABELS][0] if d in digits else 0 * IMAGES[0] for d in range(10)]), np.arange(10)


@pytest.mark.parametrize("kind", ["mixtures", "flipped", "cut", "crossed_out", "punched"])
def test_what_is_spoiled_has_the_form_of_mnist(kind, rng):
    images = getattr(spoiled, kind)(100, rng, IMAGES, LABELS)
    assert_form_of_mnist(images, 100)
    assert len(np.unique(images.reshape(100, -1), axis=0)) > 70


def test_only_what_is_no_digit_in_a_mirror_or_upside_down_is_turned_so(rng):
    images = spoiled.flipped(60, rng, *one_of_each({3, 4, 7, 9}))
    assert (images.max(axis=(1, 2)) > 0.5).all(), "6 would be a 9, 2 a 5, and 0 is what it was"


def test_parts_are_of_digits_that_they_are_not(rng):
    images = spoiled.cut(60, rng, *one_of_each({0, 2, 3, 4, 5}))
    assert (images.max(axis=(1, 2)) > 0.2).all(), "half a 7 is a 1, half an 8 a 0"


def test_crossed_out_digits_have_lines_from_side_to_side(rng):
    crossed = spoiled.crossed_out(50, rng, 0 * IMAGES, LABELS)
    columns = (crossed.max(axis=1) > 0.1).sum(axis=1)
    assert (columns >= 15).all()
    one = IMAGES[LABELS == 1][:1]
    both = spoiled.crossed_out(50, np.random.default_rng(1), one, LABELS[:1])
    assert both.mean() > 1.1 * spoiled.crossed_out(50, np.random.default_rng(1), 0 * one, LABELS[:1]).mean()


def test_a_digit_is_punched_out_of_what_is_filled(rng):
    images = spoiled.punched(100, rng, IMAGES, LABELS)
    full = spoiled.punched(100, rng, 0 * IMAGES, LABELS)
    assert images.mean() < 0.95 * full.mean()
