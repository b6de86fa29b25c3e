import json
import re
import tracemalloc
from math import prod

import numpy as np
import pytest
import typer

from dnn.gradcheck.cases import CASES
from dnn.gradcheck.check import FLOOR, TOLERANCE, backward, gradient_errors, relative_error
from dnn.layers import ELU, LAYERS, Dense, LeakyReLU, MaxPool, ReLU, Residual, Tanh, layer_from_config
from stages import gradcheck

BY_NAME = {case.name: case for case in CASES}
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_stack = pytest.mark.parametrize("case", [c for c in CASES if c.layers], ids=lambda case: case.name)


def kinds(layers):
    """Of the layers and of those inside them."""
    found = {layer.kind for layer in layers}
    for layer in layers:
        if isinstance(layer, Residual):
            found |= kinds([*layer.layers, *layer.shortcut])
    return found


@each_case
def test_gradients(case):
    errors = gradient_errors(case)
    assert max(errors.values()) <= TOLERANCE, errors


@each_case
def test_no_case_checks_a_gradient_of_zeros(case):
    network, X = case.network(np.float64), case.inputs(np.float64)
    assert np.abs(backward(network, case.objective(case.forward(network, X))[1])).max() > FLOOR


def test_every_layer_is_in_the_table():
    missing = set(LAYERS) - set().union(*(kinds(case.layers) for case in CASES))
    assert not missing, f"add cases for {missing} to dnn/gradcheck/cases.py"


def test_names_are_unique():
    assert len(BY_NAME) == len(CASES)


@each_stack
def test_inputs_are_away_from_kinks_and_ties(case, monkeypatch):
    nearest = [np.inf]
    for cls in (ReLU, LeakyReLU, ELU):

        def forward(self, X, training=False, rng=None, original=cls.forward):
            nearest.append(np.abs(X).min())
            return original(self, X, training, rng)

        monkeypatch.setattr(cls, "forward", forward)

    def pool(self, X, training=False, rng=None, original=MaxPool.forward):
        values = np.sort(X.reshape(len(X), -1, X.shape[-1]), axis=1)
        nearest.append(np.diff(values, axis=1).min())
        return original(self, X, training, rng)

    monkeypatch.setattr(MaxPool, "forward", pool)
    case.forward(case.network(np.float64), case.inputs(np.float64))
    assert min(nearest) > 1e-4, "give the case another seed"


def test_a_wrong_input_gradient_is_caught(monkeypatch):
    right = Tanh.backward
    monkeypatch.setattr(Tanh, "backward", lambda self, dY, need_dX=True: right(self, dY) * (1 + 1e-5))
    assert gradient_errors(BY_NAME["tanh"])["X"] > TOLERANCE


@pytest.mark.parametrize("name", ["W", "b"])
def test_a_wrong_parameter_gradient_is_caught(monkeypatch, name):
    right = Dense.backward

    def wrong(self, dY, need_dX=True):
        dX = right(self, dY)
        self.gradients[name].flat[0] += 1e-4
        return dX

    monkeypatch.setattr(Dense, "backward", wrong)
    errors = gradient_errors(BY_NAME["dense"])
    assert [key for key, error in errors.items() if error > TOLERANCE] == [f"1.{name}"]


def test_a_gradient_that_is_not_a_number_is_no_small_error():
    assert np.isnan(relative_error(np.array([np.nan, 1]), np.array([1.0, 1])))


@each_stack
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("earlier", [9, 2])
def test_an_earlier_batch_of_another_size_changes_nothing(case, training, earlier):
    def step(network, rows):
        X = case.inputs(np.float64, rows)
        Y = network.forward(X, training, np.random.default_rng(0))
        return [Y.copy(), backward(network, case.objective(Y)[1]).copy(), network.grads.copy()]

    expected = step(case.network(np.float64), 5)
    network = case.network(np.float64)
    step(network, earlier)
    network.state[...] = case.network(np.float64).state
    for actual, right in zip(step(network, 5), expected, strict=True):
        np.testing.assert_array_equal(actual, right)


@each_stack
def test_float32_stays_and_what_is_passed_in_is_left_alone(case):
    network, X = case.network(np.float32), case.inputs(np.float32)
    Y = case.forward(network, X)
    dY = case.objective(Y)[1]
    kept = dY.copy()
    dX = backward(network, dY)
    np.testing.assert_array_equal(X, case.inputs(np.float32))
    np.testing.assert_array_equal(dY, kept)
    buffers = [b for layer in network.layers for b in layer._buffers.values()]
    assert all(a.dtype != np.float64 for a in [Y, dX, network.grads, network.state, *buffers])


@each_stack
def test_a_second_step_allocates_next_to_nothing(case):
    network = case.network(np.float32)
    X = case.inputs(np.float32, 2**18 // prod(case.input_shape))  # 1 MB
    rng = np.random.default_rng(0)
    dY = case.objective(network.forward(X, case.training, rng))[1] if not case.loss else network.forward(X, True, rng)
    dY = dY.copy()
    backward(network, dY)
    tracemalloc.start()
    try:
        network.forward(X, case.training, rng)
        backward(network, dY)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes / 4


@each_stack
def test_config_survives_json(case):
    for layer in case.layers:
        assert layer_from_config(json.loads(json.dumps(layer.config()))) == layer


def test_the_command_prints_the_table(monkeypatch, capsys):
    assert gradcheck.CASES is CASES
    monkeypatch.setattr(gradcheck, "CASES", (BY_NAME["dense"], BY_NAME["tanh"]))
    gradcheck.main()
    out = capsys.readouterr().out
    assert re.search(r"^dense +X \S+  1\.W \S+  1\.b \S+\ntanh +X \S+\n\n4 of 4 gradients", out, re.MULTILINE)


def test_the_command_fails_where_a_gradient_is_wrong(monkeypatch, capsys):
    monkeypatch.setattr(gradcheck, "CASES", (BY_NAME["tanh"],))
    monkeypatch.setattr(Tanh, "backward", lambda self, dY, need_dX=True: dY.copy())
    with pytest.raises(typer.Exit) as error:
        gradcheck.main()
    assert error.value.exit_code == 1
    assert "WRONG" in capsys.readouterr().out
