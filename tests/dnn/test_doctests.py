"""The examples in the docstrings of what most people hold, and of all that has some."""

import doctest
import importlib
import pkgutil

import pytest

import dnn

MODULES = [module.name for module in pkgutil.walk_packages(dnn.__path__, "dnn.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_classifier_has_examples():
    assert doctest.testmod(importlib.import_module("dnn.classifier")).attempted > 8
