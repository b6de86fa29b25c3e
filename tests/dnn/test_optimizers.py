import pickle

import numpy as np
import pytest

from dnn.errors import InputError
from dnn.optimizers import CHUNK, OPTIMIZERS, make_optimizer


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_finds_the_minimum_of_a_quadratic(name):
    curvature = np.array([0.5, 1, 4], np.float32)
    params, optimizer = np.ones(3, np.float32), make_optimizer(name)
    for step in range(400):
        optimizer.step(params, curvature * params, 0.1 * (1 - step / 400))
    np.testing.assert_allclose(params, 0, atol=1e-3)


# The second step from w = 1 with gradients 2 and 4 and learning rate 0.1, worked out by hand.
@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("sgd", {}, 1 - 0.2 - 0.4),
        ("momentum", {"momentum": 0.5}, 1 - 0.2 - 0.1 * (0.5 * 2 + 4)),
        ("nesterov", {"momentum": 0.5}, 1 - 0.1 * (2 + 0.5 * 2) - 0.1 * (4 + 0.5 * 5)),
        # m1 = 1, v1 = 1; m2 = 2.5, v2 = 4.75 before the corrections by 1/2, 1/4 and 3/4, 7/16
        (
            "adam",
            {"beta1": 0.5, "beta2": 0.75, "epsilon": 1.0},
            1 - 0.1 * 2 / 3 - 0.1 * (10 / 3) / ((76 / 7) ** 0.5 + 1),
        ),
    ],
)
def test_two_steps_by_hand(name, options, expected):
    params, optimizer = np.ones(1), make_optimizer(name, **options)
    for gradient in (2.0, 4.0):
        optimizer.step(params, np.array([gradient]), 0.1)
    assert params[0] == pytest.approx(expected, rel=1e-12)


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
def test_a_copy_continues_as_the_original(name):
    params, optimizer = np.ones(5), make_optimizer(name)
    optimizer.step(params, params.copy(), 0.1)
    copied, copy = params.copy(), pickle.loads(pickle.dumps(optimizer))
    optimizer.step(params, np.arange(5.0), 0.1)
    copy.step(copied, np.arange(5.0), 0.1)
    np.testing.assert_array_equal(copied, params)


@pytest.mark.parametrize(("name", "options"), [("lbfgs", {}), ("sgd", {"momentum": 0.9})])
def test_what_does_not_exist_is_an_error_that_names_it(name, options):
    with pytest.raises(InputError, match=name):
        make_optimizer(name, **options)
