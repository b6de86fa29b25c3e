"""Trainings that would take more memory than there is."""

import numpy as np
import pytest

from dnn.architecture import Architecture
from dnn.base.errors import InputError
from dnn.classifier import DeepNeuralNetwork
from dnn.training.memory import need_memory_to_train
from dnn.training.recipe import Training


def needs(hidden, examples=1, beside=0, **options):
    """The megabytes that a training of such a network on 10x10 images needs, found from without."""
    low, high = 0, 10**9

    def fits(size):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dnn.base.free_memory.free_memory", lambda: size)
            try:
                need_memory_to_train(*plan, Training(**options), examples, beside)
            except InputError:
                return False
            return True

    plan = Architecture(hidden_layers=hidden).plan(100, 10)
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def test_the_vectors_that_a_training_keeps_are_counted():
    parameters = 4 * ((100 + 1) * 1000 + (1000 + 1) * 10)
    plain = needs([1000], optimizer="sgd")
    # weights, gradients, a copy to go back to and the best; and of the one example what passes through it
    passing = 4 * (100 + 100 + 1000 + 2 * 1000 + 1000 + 10)
    assert plain == 4 * parameters + passing
    assert needs([1000], optimizer="adam") - plain == 4 * parameters, "two moments, and copies of them"
    assert needs([1000], optimizer="sgd", ema=0.9) - plain == 3 * parameters, "the average, a copy, and for a sum"
    assert needs([1000], optimizer="sgd", accumulate=2) - plain == parameters
    assert needs([1000], optimizer="sgd", beside=3) - plain == 6 * parameters
    assert needs([1000], 64, optimizer="sgd") - plain == 63 * passing
    assert needs([1000], 64, optimizer="sgd", batch_size=16) - plain == 15 * passing
    assert needs([1000], 64, optimizer="sgd", batch_size=0) == needs([1000], 64, optimizer="sgd", batch_size=10**9)


def test_layers_in_blocks_count_and_views_do_not():
    conv = {"conv": {"filters": 8, "kernel": 3, "padding": "same"}}
    one = needs([conv, conv, "globalavgpool"], 100, batch_size=0)
    block = needs([conv, {"residual": [conv]}, "globalavgpool"], 100, batch_size=0)
    assert block - one == 4 * 100 * 2 * 800, "its own output and gradient"
    flat = needs([conv, "flatten"], 100, batch_size=0, optimizer="sgd")
    assert flat - needs([conv, "flatten", "flatten"], 100, batch_size=0, optimizer="sgd") == 0


def test_it_is_told_before_any_weight_is_drawn(monkeypatch):
    monkeypatch.setattr("dnn.base.free_memory.free_memory", lambda: 10**7)
    monkeypatch.setattr("dnn.layers.Dense.initialize", lambda *_: pytest.fail("a weight was drawn"))
    X, y = np.zeros((20, 100), np.float32), np.arange(20) % 10
    for training in ("train", "partial_fit"):
        with pytest.raises(InputError, match=r"to train a network of .* with 20 examples at a time takes"):
            getattr(DeepNeuralNetwork(hidden_layers=[10_000]), training)(X, y)
