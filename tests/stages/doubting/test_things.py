"""Things that are no digit: their form, and that they are the same in every run."""

import hashlib

import numpy as np
import pytest

from stages.doubting import things
from stages.doubting.doodles import doodles
from stages.doubting.pens import by_other_pens
from stages.doubting.strokes import skeleton
from tests.stages.doubting.form import assert_form_of_mnist

DRAWN = ("letters", "accents", "other_alphabets", "scribbles", "solids", "noise")


@pytest.mark.parametrize("kind", DRAWN)
def test_things_have_the_form_of_mnist(kind, rng):
    images = getattr(things, kind)(150, rng)
    assert_form_of_mnist(images, 150)
    assert (images.max(axis=(1, 2)) > 0.5).mean() > 0.98, "hardly one is without ink"


def test_digits_come_with_what_they_are(rng):
    images, labels = things.digits(300, rng)
    assert len(images) == len(labels) == 300
    assert set(labels) == set(range(10))


@pytest.mark.parametrize("form", ["08 30 68|15 55", "~02 20 50 62 44 08|08 68"])
def test_a_skeleton_is_moved_point_by_point(form):
    there = skeleton(things.moved(form, 3, 2))
    assert np.array_equal(there.points, skeleton(form).points + np.array([3, 2]))
    assert np.array_equal(there.start, skeleton(form).start)


def test_marks_stand_over_or_under_their_letter(rng):
    base = skeleton("00 60|30 38")
    for _ in range(30):
        both = skeleton(things.marked("00 60|30 38", rng)).points
        letter, mark = both[: len(base.points)], both[len(base.points) :]
        assert np.ptp(letter - base.points, axis=0).max() == 0, "as it was, at another place"
        assert mark[:, 1].max() < letter[:, 1].min() or mark[:, 1].min() > letter[:, 1].max()
        assert abs((mark[:, 0].min() + mark[:, 0].max() - letter[:, 0].min() - letter[:, 0].max()) / 2) <= 1


def test_the_same_seed_draws_the_same_bytes():
    """In 256 levels, which outlast the last digits of sines and roots in which processors may differ."""

    def digest():
        rng = np.random.default_rng(3)
        drawn = np.concatenate([*(getattr(things, kind)(40, rng) for kind in DRAWN), doodles(40, rng)])
        return hashlib.sha256(by_other_pens(drawn, rng).tobytes()).hexdigest()

    assert digest() == digest()
