import json
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages.datasets.centring import fit_and_centre
from stages.export import main, preparation
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


def test_the_preparation_of_a_picture_is_told_on_demand(project, rng):
    runtime = pytest.importorskip("onnxruntime")
    main(onnx=Path("plain.onnx"))
    main(onnx=Path("m.onnx"), with_preparation=True)
    plain, told = (
        runtime.InferenceSession(name).get_modelmeta().custom_metadata_map for name in ("plain.onnx", "m.onnx")
    )
    assert "preparation" not in plain
    facts = json.loads(told["preparation"])
    ink = rng.random((60, 31), dtype=np.float32)
    image = fit_and_centre(ink) * facts["foreground"]
    rows, columns = np.indices(image.shape)
    assert image.shape == (facts["height"], facts["width"])
    assert image.dtype == facts["dtype"]
    assert np.count_nonzero(image.any(axis=1)) == facts["longest_side"]
    centre = [(place * image).sum() / image.sum() for place in (rows, columns)]
    np.testing.assert_allclose(centre, facts["centre_of_mass"], atol=0.5)
    assert (image.min(), image.max()) == (facts["background"], facts["foreground"])


def test_of_other_things_than_digits_the_whole_picture_is_the_image():
    network = mlp([400, 8, 2])
    told = preparation(Model(network, np.arange(2), {"dataset": {"name": "shapes", "classes": ["a", "b"]}}))
    assert (told["height"], told["width"], told["longest_side"], told["place"]) == (20, 20, 20, "middle")


def test_the_preparation_needs_an_onnx_file(project):
    with pytest.raises(InputError, match="--preparation is for an ONNX file"):
        main(safetensors=Path("m.safetensors"), with_preparation=True)
