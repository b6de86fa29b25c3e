import numpy as np

from dnn.batches.labels import one_hot
from dnn.training.finder import find_learning_rate
from dnn.training.optimizers import make_optimizer
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from tests.networks import mlp


def test_the_loss_falls_and_then_the_search_stops_before_it_explodes(rng):
    y = rng.integers(0, 3, 64)
    X, Y = rng.normal(size=(64, 4)).astype(np.float32) + 3 * one_hot(y, 4), one_hot(y, 3)
    network = mlp([4, 16, 3])
    network.initialize(rng)
    trainer = Trainer(network, make_optimizer("sgd"), Training(epochs=1), rng)
    rates = np.geomspace(1e-4, 1e4, 200)
    tried, losses = find_learning_rate(trainer, [(X, Y)] * 200, rates)
    assert len(tried) == len(losses) < 200
    best = losses.argmin()
    assert losses[best] < 0.5 * losses[0]
    assert 1e-2 < tried[best] < 1e2
    assert losses[-1] > 4 * losses[best] or not np.isfinite(losses[-1])
