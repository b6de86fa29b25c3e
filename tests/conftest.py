import stages  # noqa: F401 - first, as it chooses the kernels that NumPy computes with

# isort: split

import numpy as np
import pytest


@pytest.fixture
def rng():
    """Random numbers, the same in every run."""
    return np.random.default_rng(0)


def pytest_collection_modifyitems(items):
    """The longest file first, so that one worker has it while the other does the rest."""
    items.sort(key=lambda item: "test_pipeline" not in item.nodeid)


def pytest_make_parametrize_id(val):
    """A function is called by its name: its address differs between the processes that run the tests."""
    return getattr(val, "__name__", None) if callable(val) else None
