"""Every option of every class that people give values to: a value of the wrong kind, or out of range, is one line."""

import importlib
import pkgutil
from dataclasses import fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from types import NoneType
from typing import get_args

import numpy as np
import pytest
import yaml

import dnn
from dnn.base.errors import InputError
from dnn.base.options import LARGEST, converted, declared
from dnn.classifier import DeepNeuralNetwork
from dnn.layers import ReLU
from stages.project import params

REQUIRED = {"units": 3, "filters": 2, "kernel": 3, "size": 2, "rate": 0.5, "layers": [ReLU()]}  # those without default
SHIPPED = yaml.safe_load(Path("params.yaml").read_text())


class Unprintable:
    def __repr__(self):
        raise RuntimeError


BAD = {
    "None": None,
    "text": "twelve",
    "long text": "x" * 10_000,
    "text with NUL": "\0",
    "bytes": b"12",
    "true": True,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus infinity": np.float32(-np.inf),
    "half": 2.5,
    "negative": -1,
    "huge": 10**400,
    "more digits than Python writes": 10**5000,
    "complex": 1j,
    "list of None": [None],
    "list of texts with line ends": ["a\nb"],
    "list in list": [[1]],
    "list of huge": [8, 10**400],
    "list of negatives": [8, -1],
    "array": np.ones((20, 20)),
    "array without axes": np.array(1.0),
    "numbers as keys": {64: "1"},
    "unknown names": {"a\nb": 1},
    "set": {1, 2},
    "class": int,
    "function": len,
    "object": object(),
    "unprintable": Unprintable(),
    "range": range(0),
}
GOOD = {  # for these options
    "text": ("start_from",),
    "long text": ("start_from",),
    "huge": ("random_state",),
    "more digits than Python writes": ("random_state",),
    "range": ("hidden_layers", "shortcut", "mirrors"),
    "list of texts with line ends": ("mirrors",),
    "unknown names": ("class_weight",),
}


def found():
    """Each class of dnn that declares options and can be made, and the sections of params.yaml."""
    for module in pkgutil.walk_packages(dnn.__path__, "dnn."):
        for cls in vars(importlib.import_module(module.name)).values():
            if isinstance(cls, type) and is_dataclass(cls) and cls.__module__ == module.name and any(declared(cls)):
                yield cls
    yield from (params.Data, params.Preprocess, params.Model, params.Train, params.Augment)


def is_abstract(cls):
    """Whether it is only a part of others, as the windows of pooling are."""
    return not hasattr(cls, "kind") and any("kind" in base.__annotations__ for base in cls.__mro__[1:-1])


CLASSES = [cls for cls in found() if not is_abstract(cls)]
OPTIONS = [pytest.param(cls, f, id=f"{cls.__name__}.{f.name}") for cls in CLASSES for f in declared(cls)]


def give(cls, **values):
    """Hand the class these options, in the way in which a person does."""
    section = cls.__name__.lower()
    if cls.__module__ == params.__name__:
        return params.checked(cls, SHIPPED[section] | values)
    if cls is DeepNeuralNetwork:
        return cls(**values).fit(np.zeros((6, 4), np.float32), np.arange(6) % 3)
    needed = {f.name: REQUIRED[f.name] for f in declared(cls) if f.name in REQUIRED}
    return cls(**(needed | values))


def may_be(f, name):
    """Whether the bad value of this name is a good one of this option."""
    kinds = get_args(f.type) or (f.type,)
    if f.name in GOOD.get(name, ()):
        return True
    free_text = f.type is str and not f.metadata["choices"] and not f.metadata["kind"]
    return (
        (name == "None" and NoneType in kinds)
        or (name == "true" and f.type is bool)
        or (name == "half" and f.type is float)
        or (free_text and isinstance(BAD[name], str))
    )


def refusal(cls, **values):
    """The message for these options."""
    with pytest.raises(InputError) as caught:
        give(cls, **values)
    message = str(caught.value)
    assert message.isprintable()
    assert "\n" not in message
    assert len(message) < 350
    return message


def test_the_classes_are_found():
    names = {cls.__name__ for cls in CLASSES}
    assert {"DeepNeuralNetwork", "Architecture", "Recipe", "Training", "Augmentation", "BestWeights"} <= names
    assert {"Adam", "Cosine", "Dense", "Conv2D", "MaxPool", "Residual", "Dropout", "BatchNorm", "Train"} <= names


@pytest.mark.parametrize("cls", CLASSES)
def test_every_option_is_declared(cls):
    """Else it would not be checked, and the tests below would pass by it."""
    assert not {f.name for f in fields(cls) if f.init} - {f.name for f in declared(cls)}


@pytest.mark.parametrize(("cls", "f"), OPTIONS)
def test_a_value_of_the_wrong_kind_is_one_line_with_the_options_name(cls, f):
    for name, value in BAD.items():
        if not may_be(f, name):
            message = refusal(cls, **{f.name: value})
            assert f.name.removesuffix("_options") in message, name  # "optimizer adam has no option ..."
            assert any(words in message for words in ("it should", "known are", "has no option", "is empty")), name


@pytest.mark.parametrize(("cls", "f"), [p for p in OPTIONS if p.values[1].type in (int, float)])
def test_a_number_out_of_range_is_one_line_with_the_range(cls, f):
    bounds, step = f.metadata["bounds"], 1 if f.type is int else 1e-6
    beyond = {"least": -step, "above": 0, "most": step, "below": 0}
    assert bounds.keys() & {"least", "above"}, "each number has a least"
    for bound, limit in bounds.items():
        value = limit + beyond[bound] * max(1, limit)
        assert f"it should be {'a whole' if f.type is int else 'a finite'} number" in refusal(cls, **{f.name: value})
    if not bounds.keys() & {"most", "below"}:
        message = refusal(cls, **{f.name: f.type(2 * LARGEST[f.type])})
        assert message.endswith(f"at most {LARGEST[f.type]}")


@pytest.mark.parametrize(
    ("cls", "f"), [p for p in OPTIONS if p.values[1].type in (int, float) and p.values[0] is not DeepNeuralNetwork]
)
def test_a_number_may_be_numpys_and_a_whole_one_a_float(cls, f):
    bounds = f.metadata["bounds"]
    value = f.type(bounds.get("most", bounds.get("least", 0.5 if f.type is float else 1)))
    others = {"freeze": {"start_from": "model.npz"}, "frozen_rate": {"start_from": "model.npz", "freeze": 1}}
    for form in (np.float64(value), Fraction(value), np.int64(value) if f.type is int else float(value)):
        kept = converted(give(cls, **{f.name: form}, **others.get(f.name, {})))[f.name]
        assert (kept, type(kept)) == (value, f.type)
