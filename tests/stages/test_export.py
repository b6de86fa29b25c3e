import json
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages.export import main
from tests.networks import mlp


@pytest.fixture
def project(tmp_path, monkeypatch, rng):
    """A project with a trained model, as the present folder."""
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text("vars: [{path: {model: m/model.npz}}]", encoding="utf-8")
    network = mlp([784, 8, 10])
    network.initialize(rng)
    model = Model(network, np.arange(10), {"dataset": {"name": "made up"}})
    save_model("m/model.npz", model)
    return model


def test_the_pipelines_model_is_exported_as_both(project, capsys, rng):
    runtime, safe = pytest.importorskip("onnxruntime"), pytest.importorskip("safetensors")
    main(Path("out/m.onnx"), Path("out/m.safetensors"))
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["out/m.onnx", "out/m.safetensors"]
    X = rng.random((7, 784), dtype=np.float32)
    (probabilities,) = runtime.InferenceSession("out/m.onnx").run(None, {"images": X})
    np.testing.assert_allclose(probabilities, project.predict_proba(X), atol=1e-5)
    with safe.safe_open("out/m.safetensors", "np") as file:
        assert json.loads(file.metadata()["header"])["about"] == project.about


def test_another_model_is_chosen_with_an_option(project):
    pytest.importorskip("safetensors")
    Path("m/model.npz").rename("other.npz")
    main(safetensors=Path("m.safetensors"), model=Path("other.npz"))
    assert Path("m.safetensors").stat().st_size > 4 * project.parameter_count


def test_mistakes_are_named(project):
    with pytest.raises(InputError, match="give --onnx FILE, --safetensors FILE or both"):
        main()
    with pytest.raises(InputError, match=r"none\.npz is missing"):
        main(onnx=Path("m.onnx"), model=Path("none.npz"))
    assert not Path("m.onnx").exists()
