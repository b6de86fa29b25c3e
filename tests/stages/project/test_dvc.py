"""The words given to DVC, and those where it fails."""

import subprocess
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from dnn.base.errors import InputError
from stages.project.dvc import dvc, literal, reason, run_experiment, settings, show_experiments
from stages.project.git import experiment_references


@pytest.mark.parametrize(
    "value", [0.1, 5e-5, 1e-12, 1e16, 3, True, "he_normal", "", "it's", "a b", [8, 4], [], {}, {"momentum": 5e-5}]
)
def test_values_pass_through_dvcs_parser(value):
    """DVC hands --set-param to Hydra."""
    text = literal(value)
    parsed = OverridesParser.create().parse_override(f"train.x={text}").value()
    assert str(parsed).strip("'") == value if isinstance(value, str) else parsed == value
    assert "e" not in text or not isinstance(value, float)  # DVC would write a text


def test_options_are_set_one_by_one_where_params_yaml_has_none():
    overrides = {
        "train.optimizer_options": {"beta1": 0.8, "beta2": 0.9},
        "train.schedule_options": {},
        "train.epochs": 2,
    }
    assert settings(overrides) == [
        "--set-param=++train.optimizer_options.beta1=0.8",
        "--set-param=++train.optimizer_options.beta2=0.9",
        "--set-param=++train.schedule_options={}",
        "--set-param=++train.epochs=2",
    ]


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("> python -m stages.train\nerror: no longer finite\nERROR: failed to run: python\n", "no longer finite"),
        ("Traceback\nERROR: failed to run: python\n", "failed to run: python"),
        ("killed\n\n", "killed"),
        ("", "it printed nothing"),
    ],
)
def test_the_reason_of_a_failure(log, said):
    assert reason(log) == said


def test_a_command_that_fails_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").touch()
    with pytest.raises(InputError, match=r"^`dvc repro preprocess` failed: you are not inside of a DVC repository.*$"):
        dvc("repro", "preprocess")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(
        InputError, match=r"this folder is no git repository, which experiments need; `git init && .*` makes it one"
    ):
        show_experiments()


def test_an_experiment_in_a_path_beyond_ascii(tmp_path, monkeypatch):
    folder = tmp_path / "Übung" / "日本"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    for name in ("DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    Path("dvc.yaml").write_text("stages: {copy: {cmd: cp params.yaml out.txt, params: [x], outs: [out.txt]}}\n")
    Path("params.yaml").write_text("x: 1\n")
    for words in (["init", "-q"], ["config", "user.name", "Jürgen"], ["config", "user.email", "t@example.org"]):
        subprocess.run(["git", *words], check=True)
    dvc("init", "--quiet")
    subprocess.run(["git", "add", "--all"], check=True)
    subprocess.run(["git", "commit", "--quiet", "--message", "start"], check=True)
    run_experiment("one", {"x": 2}, "copy")
    assert [name for _, name in experiment_references()] == ["one"]
