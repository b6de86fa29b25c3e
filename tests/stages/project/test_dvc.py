"""The words given to DVC, and those where it fails."""

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from dnn.base.errors import InputError
from stages.project.dvc import dvc, literal, reason, settings, show_experiments


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
