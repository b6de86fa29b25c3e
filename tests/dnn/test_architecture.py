import tracemalloc

import numpy as np
import pytest

from dnn.base.errors import InputError
from tests.networks import build_network

CNN = [
    {"conv": {"filters": 4, "kernel": 3, "padding": "same"}},
    "batchnorm",
    "relu",
    {"maxpool": 2},
    {"residual": {"layers": [{"conv": {"filters": 4, "kernel": 3, "padding": "same"}}, "relu"], "shortcut": []}},
    "flatten",
    8,
]


def kinds(network):
    return [layer.kind for layer in network.layers]


def test_numbers_are_dense_layers_with_activation_and_dropout():
    network = build_network(784, [128, 64], 10, "tanh", "he", dropout=0.5)
    assert kinds(network) == ["dense", "tanh", "dropout", "dense", "tanh", "dropout", "dense"]
    assert [layer.units for layer in network.layers if layer.kind == "dense"] == [128, 64, 10]
    assert network.layers[0].initializer == "he"
    assert network.layers[2].rate == 0.5


def test_a_convolutional_network_takes_images():
    network = build_network(784, CNN, 10)
    assert kinds(network) == ["conv", "batchnorm", "relu", "maxpool", "residual", "flatten", "dense", "relu", "dense"]
    assert network.input_shape == (28, 28, 1)
    assert network.output_shapes[3:6] == [(14, 14, 4), (14, 14, 4), (14 * 14 * 4,)]


def test_a_description_of_one_layer_after_another_is_the_same_network():
    network = build_network(64, [5], 3)
    described = build_network(64, [{"dense": {"units": 5}}, "relu"], 3)
    assert network.config() == described.config()


@pytest.mark.parametrize(
    ("hidden", "message"),
    [
        ([0], "hidden_layers: entry 1: dense: units is 0, it should be a whole number at least 1"),
        ([True], "hidden_layers: entry 1 is True"),
        ([8, 1.5], "hidden_layers: entry 2: dense: units is 1.5, it should be a whole number at least 1"),
        ([{"dens": 3}], "of kind 'dens', known are .*dense"),
        (["relu", {"dense": {"unit": 3}}], "entry 2: dense has no option 'unit'; it has units, initializer"),
        ([{"dropout": {}}], "dropout needs the option 'rate'"),
        ([{"relu": 3}], "relu has no options"),
        ([{"relu": {}, "tanh": {}}], "one kind with its options"),
        (
            [{"conv": {"filters": 4, "kernel": 3}}, 8],
            r"layer 2 of 4: dense needs \(features,\) as input, got \(26, 26, 4\)",
        ),
        ([8, "flatten", {"conv": {"filters": 4, "kernel": 3}}], "layer 1 of 5: dense needs"),
        ([{"residual": {"layers": [{"conv": [1]}]}}], r"entry 1, residual"),
        ([{"residual": 5}], "residual: layers is 5, it should be a list of layers"),
        ([{"residual": {"layers": ["relu"], "shortcut": None}}], "residual: shortcut is None, it should be a list"),
        ([{"residual": {"layers": [64]}}], "entry 1, residual is 64, it should be"),
        ([{"dropout": "a"}], "dropout: rate is 'a', it should be a finite number"),
        ([{"dense": True}], "dense: units is True, it should be a whole number"),
        ([{"maxpool": True}], "maxpool: size is True, it should be a whole number or two"),
        ([{"conv": {"filters": 8, "kernel": 3, "bias": "no"}}], "conv: bias is 'no', it should be true or false"),
    ],
)
def test_mistakes_are_answered_by_name(hidden, message):
    with pytest.raises(InputError, match=message):
        build_network(784, hidden, 10)


def test_numbers_of_numpy_and_auto_are_understood():
    network = build_network(784, np.array([8, 4]), 10, initializer="auto")
    assert [layer.units for layer in network.layers if layer.kind == "dense"] == [8, 4, 10]
    assert network.layers[0].initializer == "he"
    assert build_network(784, [1e2, np.float32(8)], 10).layers[0].units == 100


CONV, AUTO = {"conv": {"filters": 4, "kernel": 3, "padding": "same"}}, {"dense": {"units": 4, "initializer": "auto"}}


def initializers(layers):
    """Those of the layers that have one, and of the layers inside of residual blocks."""
    for layer in layers:
        if layer.kind == "residual":
            yield [*initializers(layer.layers)], [*initializers(layer.shortcut)]
        elif layer.kind in ("dense", "conv"):
            yield layer.initializer


@pytest.mark.parametrize(
    ("hidden", "activation", "expected"),
    [
        ([8, 4], "relu", ["he", "he", "xavier"]),
        ([8, 4], "gelu", ["he", "he", "xavier"]),
        ([8, 4], "tanh", ["xavier", "xavier", "xavier"]),
        ([], "relu", ["xavier"]),  # the network's end
        ([AUTO, "tanh", AUTO, "relu"], "relu", ["xavier", "he", "xavier"]),
        ([AUTO, "tanh", 4], "relu", ["xavier", "he", "xavier"]),
        ([AUTO, "batchnorm", {"dropout": 0.1}, "relu"], "tanh", ["he", "xavier"]),
        ([AUTO, "layernorm", "sigmoid"], "relu", ["xavier", "xavier"]),
        ([AUTO, AUTO, "relu"], "relu", ["xavier", "he", "xavier"]),  # nothing between the first two
        ([AUTO], "relu", ["xavier", "xavier"]),
        ([AUTO, "softmax", 4], "relu", ["xavier", "he", "xavier"]),
        ([CONV, {"maxpool": 2}, "relu", "flatten", 4], "tanh", ["he", "xavier", "xavier"]),
        ([CONV, "batchnorm", "tanh", CONV, "globalavgpool"], "relu", ["xavier", "xavier", "xavier"]),
        # a block's end is followed by what stands behind it, and so is its shortcut
        (
            [{"residual": {"layers": [CONV, "relu", CONV], "shortcut": [CONV]}}, "relu", "flatten"],
            "tanh",
            [(["he", "he"], ["he"]), "xavier"],
        ),
        (
            [{"residual": {"layers": [CONV, "tanh", CONV], "shortcut": [CONV]}}, "flatten"],
            "relu",
            [(["xavier", "xavier"], ["xavier"]), "xavier"],
        ),
        # before a block counts its first layer
        (
            [CONV, {"residual": {"layers": ["batchnorm", "relu", CONV]}}, "flatten"],
            "tanh",
            ["he", (["xavier"], []), "xavier"],
        ),
        (
            [CONV, {"residual": {"layers": [CONV, "relu"]}}, "relu", "flatten"],
            "tanh",
            ["xavier", (["he"], []), "xavier"],
        ),
        ([CONV, {"residual": {"layers": ["batchnorm"]}}, "relu", "flatten"], "tanh", ["he", ([], []), "xavier"]),
    ],
)
def test_auto_follows_the_activation_that_really_follows(hidden, activation, expected):
    network = build_network(64, hidden, 3, activation, "auto")
    assert [*initializers(network.layers)] == expected


def test_an_initializer_that_is_named_stays():
    hidden = [{"dense": {"units": 8, "initializer": "lecun_normal"}}, "tanh", AUTO, "relu"]
    assert [*initializers(build_network(64, hidden, 3, initializer="he").layers)] == ["lecun_normal", "he", "he"]


def nested(entry, depth, wrap):
    for _ in range(depth):
        entry = wrap(entry)
    return entry


CIRCLE = [8]
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    "hidden",
    [
        nested(["x"] * 10, 9, lambda part: [part] * 10),  # ten thousand million, as ten lines of YAML can say
        [{"residual": nested(["relu"] * 10, 9, lambda part: [{"residual": part}] * 10)}],
        nested(["relu"], 5000, lambda part: [part]),
        [nested({"residual": ["relu"]}, 100, lambda part: {"residual": [part]})],
        CIRCLE,
        [8] * 20_000,
    ],
    ids=["lists", "residual blocks", "deep", "deep blocks", "circle", "long"],
)
def test_a_description_without_end_is_refused_at_once(hidden):
    with pytest.raises(InputError, match=r"hidden_layers is .* it should") as caught:
        build_network(64, hidden, 3)
    assert len(str(caught.value)) < 250


def test_blocks_may_stand_in_blocks():
    assert build_network(8, [nested({"residual": ["relu"]}, 10, lambda part: {"residual": [part]})], 3).layers


@pytest.mark.parametrize(
    "hidden",
    [[100_000, 100_000], [30_000, 30_000], [10**9], [{"conv": {"filters": 10**9, "kernel": 3}}, "relu", "flatten"]],
)
def test_a_network_that_is_too_large_is_refused_before_it_takes_memory(hidden, monkeypatch):
    monkeypatch.setattr("dnn.base.free_memory.free_memory", lambda: 10**9)
    tracemalloc.start()
    try:
        with pytest.raises(
            InputError, match=r"network of .*,.* takes at least .* GB of memory, of which 1.0 GB are free"
        ):
            build_network(784, hidden, 10)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_a_layer_that_does_not_fit_is_named_also_in_a_large_network():
    with pytest.raises(InputError, match="layer 3 of 3: dense needs"):
        build_network(784, [{"conv": {"filters": 1000, "kernel": 3}}, "relu"], 10)


def test_images_must_be_square():
    with pytest.raises(InputError, match="785 features"):
        build_network(785, [{"maxpool": 2}, "flatten"], 10)
