"""The measure of doubt, learned on the small digits in seconds: the real one is learned on MNIST in minutes."""

import numpy as np
import pytest

from stages.doubting import things
from stages.doubting.detector import NONE
from stages.doubting.fit import FALSE_ALARMS, THINGS, examples, fit
from tests.splits import small_digits

TRAIN, VAL, TEST = np.split(np.random.default_rng(0).permutation(1797), [1000, 1400])


@pytest.fixture(scope="module")
def splits():
    return {name: small_digits(rows) for name, rows in {"train": TRAIN, "val": VAL, "test": TEST}.items()}


@pytest.fixture(scope="module")
def doubt(splits):
    return fit(splits["train"], splits["val"])


def test_examples_are_digits_and_other_things(splits, rng):
    X, y = examples(splits["train"], np.arange(1000), rng)
    assert X.shape == (len(y), 784)
    assert (y == NONE).sum() == pytest.approx(1000 * sum(THINGS.values()), abs=5)
    assert set(y) == set(range(NONE + 1))
    ones = X[:1000][y[:1000] == 1]
    assert len(ones) == (splits["train"].digits == 1).sum()


def test_false_alarms_are_as_chosen_on_the_validation_images(doubt, splits):
    assert doubt.doubts(splits["val"].images).mean() <= FALSE_ALARMS
    assert doubt.doubts(splits["test"].images).mean() <= 0.02, "8 of 397"


def test_letters_and_other_things_are_found(doubt, rng):
    shares = {kind: doubt.doubts(getattr(things, kind)(200, rng)).mean() for kind in ("letters", "noise", "scribbles")}
    assert shares["letters"] > 0.3
    assert shares["noise"] > 0.5
    assert shares["scribbles"] > 0.3


def test_what_is_found_is_told_at_every_share_of_false_alarms(doubt):
    found = doubt.about["found"]
    assert found["at"] in found["false_alarms"]
    assert set(found["kinds"]) == {*THINGS, *found["unseen"]}
    for shares in found["kinds"].values():
        assert len(shares) == len(found["false_alarms"])
        assert (np.diff(shares) >= 0).all(), "who doubts more digits doubts more of all"
        assert 0 <= shares[0] <= shares[-1] <= 1
