import json

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.ensemble import Ensemble
from dnn.formats.model_file import header_of
from dnn.formats.onnx import export_onnx
from dnn.formats.onnx_operators import OPERATORS
from dnn.layers import LAYERS, layer_from_config
from dnn.model import Model
from dnn.network import Network

IMAGE, FEATURES = (9, 8, 2), (12,)
CONV = {"kind": "conv", "filters": 3, "kernel": 3}
NORM = {"kind": "batchnorm"}
SHORT = [{"kind": "conv", "filters": 3, "kernel": 1, "stride": 2}]
DOWN = [CONV | {"stride": 2, "padding": "same"}, NORM, {"kind": "relu"}, CONV | {"padding": "same"}]


def pools(kind):
    return [
        {"kind": kind, "size": 2},
        {"kind": kind, "size": 3, "stride": 2},
        {"kind": kind, "size": [2, 3], "stride": [3, 1], "padding": "same"},
        {"kind": kind, "size": 4, "stride": 3, "padding": "same"},
    ]


# the layers before the last dense one
CASES = [
    *[
        (FEATURES, [{"kind": "dense", "units": 7}, {"kind": kind}])
        for kind in LAYERS
        if "elu" in kind or kind[0] in "st"
    ],
    (FEATURES, [{"kind": "leaky_relu", "slope": 0.3}]),
    (FEATURES, [{"kind": "elu", "alpha": 0.5}]),
    (FEATURES, [{"kind": "dropout", "rate": 0.5}]),
    (FEATURES, [{"kind": "dense", "units": 7}, NORM]),
    (FEATURES, [{"kind": "layernorm", "epsilon": 0.1}]),
    (FEATURES, [{"kind": "residual", "layers": [{"kind": "dense", "units": 12}, {"kind": "tanh"}]}]),
    *[(IMAGE, [layer]) for kind in ("maxpool", "avgpool") for layer in pools(kind)],
    *[
        (IMAGE, [CONV | {"kernel": kernel, "stride": stride, "padding": padding}])
        for kernel, stride in [(1, 1), (3, 1), (3, 2), (2, 3), (4, [1, 2]), ([5, 2], 1)]
        for padding in ("valid", "same")
    ],
    (IMAGE, [CONV | {"bias": False}]),
    (IMAGE, [CONV, {"kind": "softmax"}]),
    (IMAGE, [NORM]),
    (IMAGE, [{"kind": "layernorm"}]),
    (IMAGE, [{"kind": "globalavgpool"}]),
    (IMAGE, [{"kind": "residual", "layers": DOWN, "shortcut": SHORT}]),
]


def make(shape, layers, seed=0, temperature=1.0):
    """A model with random weights and running figures, which ends in a dense layer of five classes."""
    rng = np.random.default_rng(seed)
    out = Network([layer_from_config(layer) for layer in layers], shape).output_shapes[-1] if layers else shape
    end = [{"kind": "flatten"}] * (len(out) > 1) + [{"kind": "dense", "units": 5}]
    network = Network([layer_from_config(layer) for layer in [*layers, *end]], shape)
    network.initialize(rng)
    network.params += rng.normal(size=network.params.shape).astype(np.float32) / 5
    network.state[...] = rng.uniform(0.5, 2, network.state.shape)
    return Model(network, np.arange(5), {"dataset": "noise"}, temperature)


def assert_runs_as(model, path, sizes=(1, 3, 0)):
    """ONNX Runtime tells the same as `predict_proba`, for batches of any size."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    export_onnx(path, model)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for size in sizes:
        X = np.random.default_rng(size).normal(size=(size, np.prod(model.input_shape))).astype(np.float32)
        (answer,) = session.run(["probabilities"], {"images": X})
        assert answer.dtype == np.float32
        np.testing.assert_allclose(answer, model.predict_proba(X), atol=1e-5, rtol=0)


def kinds(layers):
    for layer in layers:
        yield layer["kind"]
        yield from kinds([*layer.get("layers", []), *layer.get("shortcut", [])])


def test_every_kind_of_layer_is_exported_and_in_the_cases():
    assert set(OPERATORS) == set(LAYERS)
    assert {kind for _, layers in CASES for kind in kinds(layers)} | {"flatten"} == set(LAYERS)


@pytest.mark.parametrize(("shape", "layers"), CASES, ids=str)
def test_onnx_runtime_agrees(shape, layers, tmp_path):
    assert_runs_as(make(shape, layers), tmp_path / "m.onnx")


def test_large_inputs_stay_finite(tmp_path):
    for kind in ("elu", "silu", "gelu", "sigmoid", "tanh", "softmax"):
        model = make(FEATURES, [{"kind": "dense", "units": 7}, {"kind": kind}])
        model.network.params[:91] *= 1e4
        assert_runs_as(model, tmp_path / "m.onnx")


def test_the_temperature_is_in_it(tmp_path):
    model = make(FEATURES, [], temperature=2.5)
    assert_runs_as(model, tmp_path / "m.onnx")
    assert_runs_as(Ensemble([model, make(FEATURES, [], 1, 0.2)], {}, 0.7), tmp_path / "e.onnx")


@pytest.mark.parametrize("temperature", [0.05, 1.0, 40.0])
def test_the_temperature_of_an_ensemble_that_is_sure_beyond_float32(temperature, tmp_path):
    members = [make(FEATURES, [], seed) for seed in range(3)]
    for member in members:
        member.network.params *= 100
    assert_runs_as(Ensemble([members[0], Ensemble(members[1:], {}, 3.0)], {}, temperature), tmp_path / "e.onnx")


def test_an_ensemble_of_different_architectures(tmp_path):
    members = [make((144,), [], 1), make(IMAGE, [CONV, {"kind": "globalavgpool"}], 2)]
    members[0].network.params *= 1e3  # a member that is sure beyond float32
    assert_runs_as(Ensemble(members), tmp_path / "e.onnx")


def test_the_same_model_gives_the_same_bytes_and_tells_what_it_is(tmp_path):
    onnx = pytest.importorskip("onnx")
    model = make(IMAGE, [CONV])
    for name in "ab":
        export_onnx(tmp_path / name, model)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    (entry,) = onnx.load(tmp_path / "a").metadata_props
    assert (entry.key, json.loads(entry.value)) == ("header", header_of(model))


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(InputError, match="onnx is not installed; run `pip install"):
        export_onnx(tmp_path / "m.onnx", make(FEATURES, []))
    assert not list(tmp_path.iterdir())
