from collections.abc import Callable

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from dnn.gradcheck.check import numerical_gradient


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """BLAS threads that wait for a busy core spin: where the machine has other work, small products crawl."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def assert_gradient():
    """assert_gradient(f, x, gradient): the relative error of `gradient` against central differences is <= 1e-6."""

    def check(f: Callable[[], float], x: np.ndarray, gradient: np.ndarray) -> None:
        assert x.dtype == gradient.dtype == np.float64
        expected = numerical_gradient(f, x)
        assert np.abs(expected).max() > 1e-3, "a gradient of zeros shows nothing"
        assert np.abs(gradient - expected).max() <= 1e-6 * np.abs(expected).max()

    return check
