import pickle

import numpy as np

from dnn.training.accumulation import GradientSum
from dnn.training.moving_average import WeightAverage
from tests.networks import mlp


def test_the_average_is_that_of_its_formula(rng):
    network = mlp([3, 4, 2])
    network.initialize(rng)
    average = WeightAverage(network, 0.5)
    expected, steps = network.params.copy(), rng.normal(size=(30, network.params.size)).astype(np.float32)
    for count, params in enumerate(steps, start=1):
        network.params[...] = params
        average.update(network)
        decay = min(0.5, count / (count + 9))
        expected = decay * expected + (1 - decay) * params
    np.testing.assert_allclose(average.params, expected, rtol=1e-5, atol=1e-6)


def test_the_average_is_shown_and_taken_back(rng):
    network = mlp([3, 4, 2])
    average = WeightAverage(network, 0.9)
    network.initialize(rng)
    now = network.params.copy()
    average.show(network)
    average.show(network)
    assert not network.params.any()
    assert not network.layers[0].parameters["W"].any()
    average.show(network, False)
    np.testing.assert_array_equal(network.params, now)


def test_a_pickled_average_goes_on_and_is_two_vectors(rng):
    network = mlp([3, 400, 2])
    average = WeightAverage(network, 0.5)
    network.initialize(rng)
    average.update(network)
    copy = pickle.loads(pickle.dumps(average))
    assert len(pickle.dumps(average)) < 1.2 * network.params.nbytes
    for one in (average, copy):
        one.update(network)
    assert copy.params.tobytes() == average.params.tobytes()


def test_gradients_are_averaged_over_the_examples_of_as_many_mini_batches_as_asked(rng):
    gathered, gradients = GradientSum(5, 3, np.dtype(np.float32)), rng.normal(size=(5, 5)).astype(np.float32)
    given, sizes = gradients.copy(), [8, 8, 2, 8, 3]
    enough = [gathered.add(grads, size, flush=k == 4) for k, (grads, size) in enumerate(zip(given, sizes, strict=True))]
    assert enough == [False, False, True, False, True]
    np.testing.assert_allclose(given[2], np.average(gradients[:3], axis=0, weights=sizes[:3]), rtol=1e-5)
    np.testing.assert_allclose(given[4], np.average(gradients[3:], axis=0, weights=sizes[3:]), rtol=1e-5)
