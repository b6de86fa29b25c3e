"""Where the project is, seen from any folder, and what can be written where."""

from pathlib import Path

import pytest

from dnn.base.errors import InputError
from stages.project import paths
from stages.project.params import Train, load

HERE = Path(__file__).resolve().parents[3]


def test_from_elsewhere_paths_are_those_of_the_project_that_has_the_code(tmp_path, monkeypatch):
    assert paths.pipeline_path("model") == Path("models/model.npz"), "short at the top of the project"
    monkeypatch.chdir(tmp_path)
    assert paths.pipeline_path("model") == HERE / "models/model.npz"
    assert paths.pipeline_name("model") == "models/model.npz"
    assert load(Train) == load(Train, HERE / "params.yaml")
    monkeypatch.chdir(HERE / "stages" / "figures")
    assert paths.pipeline_path("model") == HERE / "models/model.npz"


def test_a_folder_with_a_pipeline_of_its_own_wins(tmp_path, monkeypatch):
    """As that of a temporary experiment."""
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text("vars: [{path: {model: here.npz}}]")
    assert paths.pipeline_path("model") == Path("here.npz")
    with pytest.raises(InputError, match=r"dvc\.yaml has no path named other"):
        paths.pipeline_path("other")
    with pytest.raises(InputError, match=r"params\.yaml"):
        load(Train)


def test_what_cannot_be_written_is_told_beforehand(tmp_path):
    (tmp_path / "file").touch()
    paths.need_writable(tmp_path / "file", tmp_path / "new", tmp_path / "a" / "b" / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    with pytest.raises(InputError, match="is a folder; name a file"):
        paths.need_writable(tmp_path)
    with pytest.raises(InputError, match=r"file is a file, so that .*file/a/new cannot be written"):
        paths.need_writable(tmp_path / "file" / "a" / "new")


PIPELINE = """
vars: [{path: {model: m/my model.npz}}]
stages:
  toy:
    cmd: >-
      python -m stages.toy ${path.model}
      ${path.model}/x
"""


def test_a_stage_has_the_arguments_that_dvc_yaml_gives_it(tmp_path, monkeypatch):
    assert paths.stage_arguments("preprocess") == ["data/raw", "data/processed"]
    assert paths.stage_arguments("train")[1] == "data/trained/model.npz"
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").write_text(PIPELINE)
    assert paths.is_stage("toy")
    assert not paths.is_stage("to")
    assert paths.stage_arguments("toy") == ["m/my model.npz", "m/my model.npz/x"]
    with pytest.raises(InputError, match="no command of the stage other"):
        paths.stage_arguments("other")
