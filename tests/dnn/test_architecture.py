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


def test_images_must_be_square():
    with pytest.raises(InputError, match="785 features"):
        build_network(785, [{"maxpool": 2}, "flatten"], 10)
