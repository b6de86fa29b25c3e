"""Answers over several positions of an image."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.special import softmax

from dnn.base.errors import InputError
from dnn.layers import BatchNorm, Conv2D, Dense, Flatten
from dnn.model import Model
from dnn.network import Network
from dnn.shifts import Shifted
from tests.networks import mlp


def make(network, rng):
    network.initialize(rng)
    return Model(network, np.array(["a", "b", "c"]), {"dataset": "noise"}, temperature=2.0)


@pytest.mark.parametrize("shifts", [1, 2])
@pytest.mark.parametrize("kind", ["dense", "image", "channels"])
def test_logits_are_the_mean_over_all_moves(kind, shifts, rng):
    channels = 3 if kind == "channels" else 1
    layers = [Conv2D(2, 3), BatchNorm(), Flatten(), Dense(3)]
    model = make(mlp([36, 5, 3]) if kind == "dense" else Network(layers, (6, 6, channels)), rng)
    X = rng.random((7, 6 * 6 * channels), np.float32)
    moves = [(dy, dx) for dy in range(-shifts, shifts + 1) for dx in range(-shifts, shifts + 1)]
    moved = (ndimage.shift(X.reshape(7, 6, 6, channels), (0, *move, 0), order=0) for move in moves)
    expected = np.mean([model.logits(images.reshape(7, -1)) for images in moved], axis=0)
    answers = Shifted(model, shifts)
    np.testing.assert_allclose(answers.logits(X), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(answers.predict_proba(X), softmax(expected / 2, axis=1), rtol=1e-5)
    np.testing.assert_array_equal(answers.logits(X.reshape(7, 6, 6, channels)), answers.logits(X))
    assert answers.logits(X).dtype == np.float32
    assert answers.predict(X).tolist() == ["abc"[k] for k in expected.argmax(axis=1)]
    assert (answers.about, answers.parameter_count) == (model.about, model.parameter_count)


@pytest.mark.parametrize(
    ("network", "shifts", "message"),
    [
        (mlp([35, 3]), 1, "averaging over shifts needs square images, 35 features are none; switch it off"),
        (Network([Flatten(), Dense(3)], (2, 8, 1)), 1, "averaging over shifts needs square images, these are 2 x 8"),
        (mlp([36, 3]), 0, "shifts is 0, it should be a whole number at least 1"),
        (mlp([36, 3]), 6, "shifts is 6, it should be below 6, the images' side"),
    ],
)
def test_images_that_cannot_be_moved(network, shifts, message, rng):
    with pytest.raises(InputError) as error:
        Shifted(make(network, rng), shifts)
    assert str(error.value) == message
