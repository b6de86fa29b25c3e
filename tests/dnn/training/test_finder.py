import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.batches.labels import one_hot
from dnn.training.finder import find_learning_rate
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from tests.networks import mlp


def images(n=64):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    return rng.normal(size=(n, 4)).astype(np.float32) + 3 * one_hot(y, 4), one_hot(y, 3)


def new(**recipe):
    rng = np.random.default_rng(1)
    network = mlp([4, 16, 3])
    network.initialize(rng)
    return Trainer.of(network, Training(**{"epochs": 1, "optimizer": "sgd", "batch_size": 0} | recipe), rng)


def test_the_loss_falls_and_then_the_search_stops_before_it_explodes():
    tried, losses = find_learning_rate(new(), *images(), np.geomspace(1e-4, 1e4, 200))
    assert len(tried) == len(losses) < 200
    best = losses.argmin()
    assert losses[best] < 0.5 * losses[0]
    assert 1e-2 < tried[best] < 1e2
    assert losses[-1] > 4 * losses[best] or not np.isfinite(losses[-1])


FULL = {"label_smoothing": 0.3, "accumulate": 3, "batch_size": 10, "mixup": 0.4, "ema": 0.9, "clip_norm": 0.5}


@pytest.mark.parametrize("options", [{}, {"batch_size": 20}, FULL], ids=str)
def test_its_steps_are_those_of_a_training(options, monkeypatch):
    """A training whose rates are the finder's, over two epochs, comes to the same bytes."""
    (X, Y), weights = images(), np.linspace(0, 2, 64)
    trained, searched = new(epochs=2, **options), new(epochs=2, **options)
    per_epoch = trained.steps_per_epoch(len(X))
    accumulate = options.get("accumulate", 1)
    rates = np.geomspace(1e-3, 1e-2, 2 * -(-per_epoch // accumulate))
    steps = -(-per_epoch // accumulate)
    of_batch = [rates[e * steps + b // accumulate] for e in range(2) for b in range(per_epoch)]
    monkeypatch.setattr("dnn.training.trainer.LearningRate.__call__", lambda _, step: of_batch[step])
    trained.fit(X, Y, weights=weights)
    tried, losses = find_learning_rate(searched, X, Y, rates, weights)
    searched.show_average(True)
    assert len(tried) == len(losses) == len(rates)
    np.testing.assert_array_equal(searched.network.params, trained.network.params)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rates": [0.1]}, "rates is"),
        ({"rates": [0.1, np.nan]}, "rates is"),
        ({"rates": [0.2, 0.1]}, "rates is"),
        ({"rates": [0.0, 0.1]}, "rates is"),
        ({"rates": 3}, "rates is 3, it should be a list of two or more"),
        ({"smoothing": 1}, "smoothing is 1, it should be a finite number at least 0 and below 1"),
        ({"smoothing": -0.1}, "smoothing is"),
        ({"smoothing": None}, "smoothing is None"),
        ({"X": np.zeros((0, 4), np.float32), "Y": np.zeros((0, 3), np.float32)}, "X has no examples"),
    ],
    ids=str,
)
def test_wrong_arguments_are_named(change, message):
    X, Y = images()
    trainer = new()
    before = trainer.network.params.copy()
    with pytest.raises(InputError, match=message):
        find_learning_rate(trainer, **{"X": X, "Y": Y, "rates": [0.1, 0.2]} | change)
    np.testing.assert_array_equal(trainer.network.params, before)
