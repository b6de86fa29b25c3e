"""Presets in params.yaml; that they reach the report is shown by tests/test_every_network.py and test_pipeline.py."""

import shutil
import subprocess
from pathlib import Path

import pytest

from dnn.base.errors import InputError
from dnn.base.yaml12 import read
from stages.accuracy import use
from stages.accuracy.declared import BASE, find_preset, values_of
from stages.project import edit
from stages.training.options import sections_of


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The shipped params.yaml, committed."""
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    for words in (
        ["init", "--quiet"],
        ["config", "user.name", "tester"],
        ["config", "user.email", "tester@example.org"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "start"],
    ):
        subprocess.run(["git", *words], check=True)
    return Path("params.yaml")


def epochs(preset):
    return find_preset(preset).values["train.epochs"]


def test_a_preset_and_back(project, capsys):
    shipped = project.read_text()
    use.apply("cnn")
    assert values_of(sections_of()) == find_preset("cnn").values
    assert read(project)["evaluate"] == {"shifts": 1}
    said = capsys.readouterr().out
    assert f"train.epochs: {epochs('cnn')} in place of {epochs(BASE)}\n" in said
    assert said.endswith("evaluate.shifts: 1 in place of 0\nparams.yaml has preset cnn\n")
    comments = [line.partition("#")[2] for line in shipped.splitlines()]
    assert [line.partition("#")[2] for line in project.read_text().splitlines()] == comments
    use.apply("speedrun")  # what is there is a preset, of which nothing is lost
    use.apply("default")
    assert project.read_text() == shipped


def test_options_of_another_optimizer_go(project):
    edit.apply({"train.optimizer": "momentum", "train.optimizer_options": {"momentum": 0.5}})
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "mine"], check=True)
    use.apply("cnn")
    assert read(project)["train"]["optimizer_options"] == {}


def test_what_is_no_presets_to_say_stays(project):
    edit.apply({"train.seed": 7, "train.dynamics": True, "data.dataset": "kmnist"})
    use.apply("baseline")
    params = read(project)
    assert (params["train"]["seed"], params["train"]["dynamics"]) == (7, True)
    assert params["data"]["dataset"] == "kmnist"


def test_an_edit_that_is_not_committed_is_not_lost(project):
    edit.apply({"train.epochs": 33})
    text = project.read_text()
    with pytest.raises(
        InputError, match=r"train.epochs is 33, which is not committed, and preset cnn would replace it"
    ):
        use.apply("cnn")
    assert project.read_text() == text
    subprocess.run(["git", "commit", "--quiet", "--all", "--message", "mine"], check=True)
    use.apply("cnn")
    assert read(project)["train"]["epochs"] == epochs("cnn")


def test_a_wrong_params_yaml_stays_as_it_is(project):
    project.write_text(project.read_text().replace("  epochs: ", "  epochs: many  # "))
    text = project.read_text()
    with pytest.raises(InputError, match=r"train.epochs is 'many'"):
        use.apply("cnn")
    assert project.read_text() == text


def test_a_run_is_an_experiment_with_a_free_name(project, monkeypatch):
    runs = []
    monkeypatch.setattr(use, "run_here", lambda name: runs.append((name, read(project)["train"]["epochs"])))
    monkeypatch.setattr(use, "experiment_references", lambda: [("0" * 40, "cnn"), ("0" * 40, "cnn-v2")])
    use.run("cnn")
    use.run("speedrun")
    assert runs == [("cnn-v3", epochs("cnn")), ("speedrun", epochs("speedrun"))]


def test_a_run_that_fails_says_what_is_where(project, monkeypatch):
    def fails(name):
        raise InputError("`dvc exp run` failed")

    monkeypatch.setattr(use, "run_here", fails)
    with pytest.raises(InputError, match=r"failed; params.yaml keeps the preset's values, and .* run cnn` goes on"):
        use.run("cnn")
    assert values_of(sections_of()) == find_preset("cnn").values


def test_without_git_a_preset_is_applied_but_not_run(tmp_path, monkeypatch):
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    text = Path("params.yaml").read_text()
    with pytest.raises(InputError, match="no git repository"):
        use.run("cnn")
    assert Path("params.yaml").read_text() == text
    use.apply("cnn")
    assert values_of(sections_of()) == find_preset("cnn").values
