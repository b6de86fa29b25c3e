"""The benchmarks are run by hand; here they are at least imported."""

import importlib
from pathlib import Path

import pytest

MODULES = sorted(path.stem for path in Path("tests/benchmarks").glob("[!_]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_it_can_be_imported(name):
    pytest.importorskip("torch")
    importlib.import_module(f"tests.benchmarks.{name}")
