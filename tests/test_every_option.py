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
from dnn.base.kinds import LIMITS
from dnn.base.options import converted, declared
from dnn.batches.augmentation import Augmentation
from dnn.calibration import reliability
from dnn.classifier import DeepNeuralNetwork
from dnn.layers import ReLU
from dnn.transfer import start_from
from stages.project import params
from tests.networks import build_network

REQUIRED = {"units": 3, "filters": 2, "kernel": 3, "size": 2, "rate": 0.5, "layers": [ReLU()]}  # those without default
TRAINED = build_network(16, [4], 3)
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
    "text": ("start_from", "folder"),
    "long text": ("start_from", "folder"),
    "huge": ("random_state",),
    "more digits than Python writes": ("random_state",),
    "range": ("hidden_layers", "shortcut", "classes"),
    "unknown names": ("class_weight",),
    "true": ("verbose",),
}


def found():
    """Each class of dnn that declares options and can be made, and the sections of params.yaml."""
    for module in pkgutil.walk_packages(dnn.__path__, "dnn."):
        for cls in vars(importlib.import_module(module.name)).values():
            if isinstance(cls, type) and is_dataclass(cls) and cls.__module__ == module.name and any(declared(cls)):
                yield cls
    yield from (params.Data, params.Preprocess)


def is_abstract(cls):
    """Whether it is only a part of others, as the windows of pooling are."""
    return not hasattr(cls, "kind") and any("kind" in base.__annotations__ for base in cls.__mro__[1:-1])


CLASSES = [cls for cls in found() if not is_abstract(cls)]
OPTIONS = [pytest.param(cls, f, id=f"{cls.__name__}.{f.name}") for cls in CLASSES for f in declared(cls)]


def give(cls, **values):
    """Hand the class these options, in the way in which a person does."""
    section = cls.__name__.lower()
    if cls.__module__ in (params.__name__, "dnn.params"):
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
        message = refusal(cls, **{f.name: f.type(2 * LIMITS[f.type])})
        assert message.endswith(f"at most {LIMITS[f.type]}")


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


def images(pixels):
    return np.zeros((9, pixels), np.float32), np.arange(9) % 3


PAIRS = [
    ({"warmup_epochs": 2, "epochs": 2}, "warmup_epochs is 2, it should be below epochs, 2"),
    ({"warmup_epochs": 5}, "warmup_epochs is 5, it should be below epochs, 1"),
    ({"freeze": 1}, "freeze is 1, but there is nothing to freeze: give start_from, too"),
    ({"freeze": 9, "start_from": TRAINED}, "freeze is 9, the network has 3 layers: 0 to 2"),
    ({"frozen_rate": 0.5}, "frozen_rate is 0.5, but no layer is frozen: give freeze, too"),
    ({"start_from": build_network(9, [4], 3)}, "the data has 16 features, the network to start from takes 9"),
    ({"start_from": build_network(16, ["relu"], 3), "freeze": 2}, "freeze is 2, the network has 2 layers: 0 to 1"),
    ({"start_from": "no.npz"}, "start_from: no.npz is missing"),
    ({"start_from": "x" * 5000}, "start_from: 'xxx"),
    ({"mixup": 0.2, "batch_size": 1}, "mixup is 0.2, but batch_size 1 leaves nothing to mix with"),
    ({"accumulate": 2, "batch_size": 0}, "accumulate is 2, but batch_size 0 makes a single mini-batch"),
    ({"layer_sizes": [16, 5, 3], "hidden_layers": [4]}, "hidden_layers is [4], layer_sizes [16, 5, 3]; give one"),
    ({"layer_sizes": [16, 5, 3], "hidden_layers": [np.ones(2)]}, "hidden_layers is [array([1., 1.])], layer_sizes"),
    ({"layer_sizes": [16, 1, 3], "hidden_layers": [True]}, "hidden_layers is [True], layer_sizes [16, 1, 3]; give one"),
    ({"layer_sizes": [16, 5, 3], "hidden_layers": 5}, "hidden_layers is 5, it should be a list of layers"),
    ({"cutout": 5}, "cutout is 5, it should be at most 4, the images' side"),
    ({"augmentation": {"shift": 4}}, "augmentation: shift is 4, it should be below 4, the images' side"),
    ({"augmentation": {"elastic": 30}}, "augmentation: elastic is 30, it should be below 4, the images' side"),
    ({"augmentation": {"rotate": 4}}, "augmentation: it has no option 'rotate'; it has rotation, scale"),
    ({"augmentation": {"rotation": "x"}}, "augmentation: rotation is 'x', it should be a finite number"),
    (
        {"schedule": "cosine", "schedule_options": {"drops": 2}},
        "schedule_options: schedule cosine has no option 'drops'; it has cycles",
    ),
    ({"optimizer_options": {"name": 1}}, "optimizer_options: optimizer momentum has no option 'name'; it has momentum"),
    ({"schedule_options": {"name": 1}}, "schedule_options: schedule constant has no option 'name'; it has none"),
    ({"schedule": "plateau"}, "schedule plateau looks at the validation loss"),
    ({"class_weight": {9: 1}}, "class_weight: label 9 is none of the classes"),
    ({"class_weight": {"0": 1}}, "class_weight: label '0' is none of the classes"),
    ({"class_weight": {0: "2"}}, "class_weight is {0: '2'}, it should be balanced, or a mapping of labels"),
    ({"class_weight": {0: -1}}, "class_weight is {0: -1}, it should be"),
    ({"class_weight": {None: 1}}, "class_weight is {None: 1}, it should be"),
    ({"class_weight": {(0, 1): 1}}, "class_weight is {(0, 1): 1}, it should be"),
    ({"hidden_layers": [{"conv": {"filters": 2, "kernel": 5}}, "flatten"]}, "a window of (5, 5) does not fit"),
]


@pytest.mark.parametrize(("values", "message"), PAIRS)
def test_options_that_do_not_go_together_or_with_the_data_are_one_line(values, message):
    with pytest.raises(InputError) as caught:
        DeepNeuralNetwork(**{"hidden_layers": None, "epochs": 1} | values).fit(*images(16))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"cutout": 1}, "cutout"),
        ({"augmentation": Augmentation(rotation=1)}, "augmentation"),
        ({"hidden_layers": [{"maxpool": 1}, "flatten"]}, "a network with convolution or pooling"),
    ],
)
def test_what_needs_square_images_says_so_before_the_first_step(values, name):
    with pytest.raises(InputError, match=f"^{name} needs square images, 15 features are none; switch it off$"):
        DeepNeuralNetwork(**values).fit(*images(15))


@pytest.mark.parametrize(
    "values",
    [
        {"layer_sizes": [16, 4, 3], "hidden_layers": [4]},
        {"layer_sizes": np.array([16, 4, 3]), "hidden_layers": np.array([4.0])},
        {"layer_sizes": (16, 1e1, 3)},
        {"cutout": 4},
        {"warmup_epochs": 0.5},
        {"augmentation": {}},
        {"class_weight": {0: 1, np.int64(1): np.float32(2)}},
        {"batch_size": 10**9},
        {"optimizer_options": {}, "schedule_options": {}},
    ],
    ids=str,
)
def test_options_that_do_go_together_are_taken(values):
    DeepNeuralNetwork(**{"epochs": 1} | values).fit(*images(16))


def test_augmentation_may_be_given_by_its_options_and_stays_as_given():
    X, y = np.random.default_rng(0).random((9, 16)), np.arange(9) % 3
    given = {"rotation": 30, "shift": 1.0}
    model = DeepNeuralNetwork(epochs=2, augmentation=given).fit(X, y)
    other = DeepNeuralNetwork(epochs=2, augmentation=Augmentation(**given)).fit(X, y)
    plain = DeepNeuralNetwork(epochs=2).fit(X, y)
    np.testing.assert_array_equal(model.network_.params, other.network_.params)
    assert (model.network_.params != plain.network_.params).any()
    assert model.get_params()["augmentation"] is given


def test_numbers_of_functions_are_checked_too():
    with pytest.raises(InputError, match="until is 0, it should be a whole number at least 1"):
        DeepNeuralNetwork().train(*images(16), until=0)
    with pytest.raises(InputError, match="epochs is True, it should be a whole number"):
        DeepNeuralNetwork().train(*images(16), epochs=True)
    for freeze, rate in (("1", 0.0), (True, 0.0), (1, "0"), (1, 1.5), (1, None), (-1, 0.0)):
        with pytest.raises(InputError, match=r"freeze is|frozen_rate is"):
            start_from(TRAINED, 3, np.random.default_rng(0), freeze, rate)
    for bins in (0, 2.5, "15", None, 10**30):
        with pytest.raises(InputError, match=r"bins is .*, it should be a whole number at least 1"):
            reliability(np.ones(3), np.ones(3), bins)
