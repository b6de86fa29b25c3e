"""Nothing that a training keeps from step to step stays denormal, which would slow every further step."""

import numpy as np
import pytest

from dnn.training.denormals import drop_denormals
from dnn.training.moving_average import WeightAverage
from dnn.training.optimizers import OPTIMIZERS, make_optimizer
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from tests.networks import mlp

TINY = np.finfo(np.float32).tiny


def denormal(vector):
    return int(((vector != 0) & (np.abs(vector) < TINY)).sum())


def test_a_decaying_mean_would_stay_denormal_for_good():
    m = np.float32([1.0])
    for _ in range(3000):
        m *= np.float32(0.9)
    assert denormal(m)


def test_only_what_is_nearly_denormal_is_dropped():
    vector = np.float32([0, 1e-40, -1e-38, 1e-31, -1e-29, 1, np.nan, np.inf])
    drop_denormals(vector)
    np.testing.assert_array_equal(vector, np.float32([0, 0, 0, 0, -1e-29, 1, np.nan, np.inf]))
    wide = np.array([1e-40, 1e-305])
    drop_denormals(wide)
    np.testing.assert_array_equal(wide, [1e-40, 0])


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_no_optimizer_keeps_denormals_of_weights_without_gradient(kind, rng):
    optimizer = make_optimizer(kind)
    params, grads = rng.normal(size=(2, 1000)).astype(np.float32)
    seen = 0
    for step in range(2000):
        if step == 10:
            grads[:] = 0
        optimizer.step(params, grads, 1e-3)
        seen = max([seen, *map(denormal, optimizer.state.values())])
    assert seen == 0


def test_the_moving_average_of_weights_that_became_0(rng):
    network = mlp([3, 4, 2])
    network.initialize(rng)
    average = WeightAverage(network, 0.9)
    network.params[...] = 0
    for _ in range(2000):
        average.update(network)
    assert not denormal(average.params)


def test_running_statistics_of_a_channel_that_died(rng):
    network = mlp([3, 4, 2])
    trainer = Trainer.of(network, Training(learning_rate=1e-9), rng)
    network.state = np.full(4, 1e-39, np.float32)
    for _ in range(64):
        trainer.step(np.ones((2, 3), np.float32), np.eye(2, dtype=np.float32), 1e-9)
    assert not network.state.any()
