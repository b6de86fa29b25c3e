import pickle

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.training.optimizers import OPTIMIZERS, make_optimizer
from dnn.training.optimizers.base import CHUNK


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_finds_the_minimum_of_a_quadratic(name):
    curvature = np.array([0.5, 1, 4], np.float32)
    params, optimizer = np.ones(3, np.float32), make_optimizer(name)
    highest = 0.5 if name == "adagrad" else 0.1  # its steps shrink on their own
    for step in range(400):
        optimizer.step(params, curvature * params, highest * (1 - step / 400))
    np.testing.assert_allclose(params, 0, atol=1e-3)


# The second step from w = 1 with gradients 2 and 4 and learning rate 0.1, worked out by hand.
@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("sgd", {}, 1 - 0.2 - 0.4),
        ("momentum", {"momentum": 0.5}, 1 - 0.2 - 0.1 * (0.5 * 2 + 4)),
        ("nesterov", {"momentum": 0.5}, 1 - 0.1 * (2 + 0.5 * 2) - 0.1 * (4 + 0.5 * 5)),
        # v1 = 4, v2 = 20
        ("adagrad", {"epsilon": 1.0}, 1 - 0.1 * 2 / 3 - 0.1 * 4 / (20**0.5 + 1)),
        # v1 = 1, v2 = 4.75
        ("rmsprop", {"rho": 0.75, "epsilon": 1.0}, 1 - 0.1 * 2 / 2 - 0.1 * 4 / (4.75**0.5 + 1)),
        # m1 = 1, v1 = 1; m2 = 2.5, v2 = 4.75 before the corrections by 1/2, 1/4 and 3/4, 7/16
        (
            "adam",
            {"beta1": 0.5, "beta2": 0.75, "epsilon": 1.0},
            1 - 0.1 * 2 / 3 - 0.1 * (10 / 3) / ((76 / 7) ** 0.5 + 1),
        ),
        # without its schedule every μ is β₁ / 2 = 1/4
        (
            "nadam",
            {"beta1": 0.5, "beta2": 0.75, "epsilon": 1.0, "momentum_decay": 0.0},
            1
            - 0.1 * (1 / 4 * 1 / (15 / 16) + 3 / 4 * 2 / (3 / 4)) / 3
            - 0.1 * (1 / 4 * 2.5 / (63 / 64) + 3 / 4 * 4 / (15 / 16)) / ((76 / 7) ** 0.5 + 1),
        ),
    ],
)
def test_two_steps_by_hand(name, options, expected):
    params, optimizer = np.ones(1), make_optimizer(name, **options)
    for gradient in (2.0, 4.0):
        optimizer.step(params, np.array([gradient]), 0.1)
    assert params[0] == pytest.approx(expected, rel=1e-12)


def test_lion_as_its_paper_writes_it():
    rng = np.random.default_rng(0)
    params = rng.normal(size=50)
    expected, m = params.copy(), np.zeros(50)
    optimizer = make_optimizer("lion", beta1=0.8, beta2=0.95)
    for g in rng.normal(size=(20, 50)):
        optimizer.step(params, g, 0.1)
        expected = expected - 0.1 * np.sign(0.8 * m + 0.2 * g)
        m = 0.95 * m + 0.05 * g
        np.testing.assert_allclose(params, expected, rtol=1e-12)
        np.testing.assert_allclose(optimizer.state["m"], m, rtol=1e-12)


def test_lion_stands_still_where_there_is_no_gradient():
    params = np.ones(3, np.float32)
    make_optimizer("lion").step(params, np.zeros(3, np.float32), 0.1)
    np.testing.assert_array_equal(params, 1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_chunks_change_nothing_and_types_stay(name):
    rng = np.random.default_rng(0)
    params, grads = rng.normal(size=(2, 2 * CHUNK + 7)).astype(np.float32)
    parts, kept = np.array_split(params.copy(), 5), grads.copy()
    whole, pieces = make_optimizer(name), [make_optimizer(name) for _ in parts]
    for _ in range(3):
        whole.step(params, grads, 0.01)
        for optimizer, part, g in zip(pieces, parts, np.array_split(grads, 5), strict=True):
            optimizer.step(part, g, 0.01)
    np.testing.assert_allclose(params, np.concatenate(parts), rtol=1e-6)
    np.testing.assert_array_equal(grads, kept)
    assert {v.dtype for v in (params, *whole.state.values())} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_state_is_the_vectors_alone_each_as_long_as_the_parameters(name):
    params, optimizer = np.ones(7, np.float32), make_optimizer(name)
    optimizer.step(params, params.copy(), 0.1)
    assert tuple(optimizer.state) == optimizer.slots
    assert {vector.shape for vector in optimizer.state.values()} <= {(7,)}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_segments_are_changed_with_their_factors_and_nothing_else_is(name):
    rng = np.random.default_rng(0)
    params, grads = rng.normal(size=(2, 20))
    before, slow, plain = params.copy(), params[2:5].copy(), params[9:20].copy()
    optimizers = [make_optimizer(name) for _ in range(3)]
    for _ in range(3):
        optimizers[0].step(params, grads, 0.1, [(slice(2, 5), 0.5), (slice(9, 20), 1.0)])
        optimizers[1].step(slow, grads[2:5], 0.05)
        optimizers[2].step(plain, grads[9:20], 0.1)
    np.testing.assert_allclose(params, np.concatenate([before[:2], slow, before[5:9], plain]), rtol=1e-12)


def test_no_segments_leave_everything_as_it_is():
    params = np.ones(3)
    make_optimizer("sgd").step(params, params.copy(), 0.1, segments=[])
    np.testing.assert_array_equal(params, 1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_copy_continues_as_the_original(name):
    params, optimizer = np.ones(5), make_optimizer(name)
    optimizer.step(params, params.copy(), 0.1)
    copied, copy = params.copy(), pickle.loads(pickle.dumps(optimizer))
    optimizer.step(params, np.arange(5.0), 0.1)
    copy.step(copied, np.arange(5.0), 0.1)
    np.testing.assert_array_equal(copied, params)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_pickled_optimizer_is_its_vectors(name):
    params, optimizer = np.ones(30_000), make_optimizer(name)
    optimizer.step(params, params.copy(), 0.1)
    assert len(pickle.dumps(optimizer)) < params.nbytes * len(optimizer.slots) + 2000


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_gradient_of_zeros_is_no_division_by_zero(name):
    params, optimizer = np.ones(3, np.float32), make_optimizer(name)
    for _ in range(2):
        optimizer.step(params, np.array([0, 1e-30, 1e4], np.float32), 0.001)
    assert params[0] == 1
    assert np.isfinite(params).all()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("lbfgs", {}, "optimizer is 'lbfgs', known are sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, nadam"),
        ("sgd", {"momentum": 0.9}, "optimizer sgd has no option 'momentum'; it has none"),
        ("adam", {"beta": 0.9}, "optimizer adam has no option 'beta'; it has beta1, beta2, epsilon$"),
        ("nadam", {"product": 1.0}, "optimizer nadam has no option 'product'"),
        ("adam", {"beta1": 1}, "optimizer adam: beta1 is 1, it should be a finite number at least 0 and below 1"),
        ("momentum", {"momentum": -0.1}, "momentum is -0.1, it should be a finite number at least 0 and below 1"),
        ("rmsprop", {"rho": float("nan")}, "rho is nan"),
        ("adagrad", {"epsilon": 0}, "epsilon is 0, it should be a finite number at least 1e-30"),
        ("adagrad", {"epsilon": float("inf")}, "epsilon is inf"),
        ("lion", {"beta2": "0.9"}, "beta2 is '0.9'"),
        ("adamw", {"beta2": True}, "optimizer adamw: beta2 is True"),
        ("nadam", {"momentum_decay": -1}, "momentum_decay is -1, it should be a finite number at least 0"),
    ],
)
def test_mistakes_are_named(name, options, message):
    with pytest.raises(InputError, match=message):
        make_optimizer(name, **options)
