import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.base.seeds import generator, rewinder
from dnn.classifier import DeepNeuralNetwork


@pytest.mark.parametrize("seed", [3, 3.0, np.int64(3), np.float32(3)])
def test_a_seed_is_that_of_numpy(seed):
    assert generator(seed).random() == np.random.default_rng(3).random()


def test_a_generator_is_used_itself():
    rng = np.random.default_rng(0)
    assert generator(rng) is rng
    assert generator(np.random.SeedSequence(3)).random() == np.random.default_rng(3).random()
    assert generator(None).random() != generator(None).random()


def test_a_random_state_moves_on():
    state, other = np.random.RandomState(0), np.random.RandomState(0)
    first, second = generator(state).random(), generator(state).random()
    assert first != second
    assert (first, second) == (generator(other).random(), generator(other).random())


@pytest.mark.parametrize("value", ["a", 1.5, -1, True, [3], np.array([3]), np.nan, np.random])
def test_others_are_named(value):
    with pytest.raises(InputError, match=r"random_state is .*, it should be a whole number at least 0, a numpy"):
        generator(value)


def test_the_classifier_takes_a_random_state_as_scikit_learns_do(rng):
    X, y = rng.random((12, 4)), np.arange(12) % 3
    model = DeepNeuralNetwork(hidden_layers=[4], epochs=1, random_state=np.random.RandomState(0))
    first, second = (model.fit(X, y).network_.params.copy() for _ in range(2))
    again = DeepNeuralNetwork(hidden_layers=[4], epochs=1, random_state=np.random.RandomState(0)).fit(X, y)
    np.testing.assert_array_equal(again.network_.params, first)
    assert (first != second).any()


def test_generators_are_taken_back():
    bits = np.random.PCG64(0)
    sources = [np.random.default_rng(0), np.random.RandomState(0), np.random.Generator(bits)]
    draws = [lambda s=source: s.random() if hasattr(s, "random") else s.rand() for source in sources]
    rewind = rewinder(*sources[:2], bits, 3, None)
    first = [draw() for draw in draws]
    rewind()
    assert [draw() for draw in draws] == first
