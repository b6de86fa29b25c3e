from collections.abc import Callable

import numpy as np
import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """BLAS threads that wait for a busy core spin: where the machine has other work, small products crawl."""
    with threadpool_limits(1):
        yield


def numerical_gradient(f: Callable[[], float], x: np.ndarray) -> np.ndarray:
    """Central differences of f with respect to the float64 array x, which f reads and this changes in place."""
    gradient = np.empty(x.shape)
    for index, value in np.ndenumerate(x):
        h = np.finfo(float).eps ** (1 / 3) * max(1.0, abs(value))
        x[index] = value + h
        above = f()
        x[index] = value - h
        gradient[index] = (above - f()) / (2 * h)
        x[index] = value
    return gradient


@pytest.fixture
def assert_gradient():
    """assert_gradient(f, x, gradient): the relative error of `gradient` against central differences is <= 1e-6."""

    def check(f: Callable[[], float], x: np.ndarray, gradient: np.ndarray) -> None:
        assert x.dtype == gradient.dtype == np.float64
        expected = numerical_gradient(f, x)
        assert np.abs(expected).max() > 1e-3, "a gradient of zeros shows nothing"
        assert np.abs(gradient - expected).max() <= 1e-6 * np.abs(expected).max()

    return check
