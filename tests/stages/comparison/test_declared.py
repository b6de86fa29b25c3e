"""Ready-made comparisons: what they declare."""

import re

import pytest

from dnn.base.errors import InputError
from stages.comparison.declared import Comparison, find_comparison, load_comparisons
from stages.training.options import options_of
from tests.networks import mlp

SHIPPED = load_comparisons()
RUNS = [(name, run) for name, comparison in SHIPPED.items() for run in comparison.runs]


@pytest.mark.parametrize(("name", "run"), RUNS)
def test_every_run_is_a_valid_training_with_a_valid_name(name, run):
    options_of(SHIPPED[name].overrides({})[run])
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", f"{name}-{run}")
    assert ".." not in run


def test_the_comparisons_that_are_asked_for():
    assert [run["model.hidden_layers"] for run in SHIPPED["architectures"].runs.values()] == [
        [64], [128, 64], [128, 64, 32], [256, 128, 64]
    ]  # fmt: skip
    rates = [run["train.learning_rate"] for run in SHIPPED["learning-rates"].runs.values()]
    assert rates == [0.001, 0.01, 0.05, 0.1, 0.2]
    assert len(SHIPPED) == 8


@pytest.mark.parametrize("name", SHIPPED)
def test_the_runs_of_a_comparison_differ_from_each_other(name):
    runs = list(map(repr, SHIPPED[name].overrides({}).values()))
    assert len(set(runs)) == len(runs)
    assert not any(other.startswith(f"{name}-") for other in SHIPPED)  # `compare NAME` goes by the start of names


def test_depth_against_width_holds_the_number_of_weights():
    layers = [run["model.hidden_layers"] for run in SHIPPED["depth-against-width"].runs.values()]
    counts = [mlp([784, *hidden, 10]).params.size for hidden in layers]
    assert all(abs(count / 111_146 - 1) < 0.01 for count in counts)


def test_settings_are_for_all_runs_but_not_for_what_varies():
    comparison = find_comparison("learning-rates")
    runs = comparison.overrides({"train.epochs": 3})
    assert {run["train.epochs"] for run in runs.values()} == {3}
    with pytest.raises(InputError, match=r"train\.learning_rate is what this comparison varies"):
        comparison.overrides({"train.learning_rate": 1.0})
    with pytest.raises(InputError, match="there is no comparison nothing; there are architectures"):
        find_comparison("nothing")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: {question: what}", r": a\.why is missing; a comparison has question, why, fixed, runs"),
        ("a: {question: w, why: w, fixed: {}, run: {}}", r": a\.runs is missing; a comparison has"),
        ("a: {question: w, why: w, fixed: {}, runs: {}, more: 1}", r": a\.more is not known; a comparison has"),
        ("a: {question: w, why: w, fixed: {}, runs: 3}", r": a\.runs is 3, it should be of another kind"),
        ("a: 3", ": a is 3, it should be of another kind"),
        ("a: {", "is not valid YAML"),
        ("- a", "has no sections"),
        ("", "has no sections"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path, text, said):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(InputError, match=rf"^[^\n]*c\.yaml ?{said}[^\n]*$"):
        load_comparisons(tmp_path / "c.yaml")


def test_a_comparison_is_frozen_and_knows_its_keys():
    with pytest.raises(ValueError, match="Extra inputs"):
        Comparison.model_validate({"question": "?", "why": ".", "fixed": {}, "runs": {}, "more": 1})
