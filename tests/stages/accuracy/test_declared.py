"""The presets that are shipped, and files that are wrong."""

import shutil

import pytest

from dnn.base.errors import InputError
from stages.accuracy import declared
from stages.accuracy.declared import BASE, FOLDER, checked, digest, find_preset, load_presets, preset_names, values_of
from stages.project.params import Evaluate, load
from stages.project.params import values_of as section_values
from stages.training.options import options_from, sections_of
from tests.networks import build_network

DEFAULTS = declared.defaults()


def test_the_default_is_what_params_yaml_ships_with():
    assert find_preset(BASE).values == values_of(sections_of())
    assert find_preset(BASE).shifts == load(Evaluate).shifts


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_a_training_that_the_option_checker_takes(name):
    preset = find_preset(name)
    sections = sections_of(preset.values)
    assert values_of(sections) == preset.values
    assert digest(sections) == preset.settings
    model = section_values(sections[0])
    described = {key: model[key] for key in ("activation", "initializer", "dropout")}
    network = build_network(784, model["hidden_layers"], 10, **described)
    assert network.params.size * preset.values["train.members"] == preset.weights
    assert options_from(*sections)["epochs"] == preset.values["train.epochs"]


def test_the_networks_are_those_of_the_table_of_goals():
    weights = {preset.name: preset.weights for preset in load_presets()}
    assert weights["default"] == weights["baseline"] == weights["mlp-small"] == 111_146
    assert weights["cnn"] <= 350_000
    assert weights["cnn-small"] <= 25_000
    assert weights["mlp-large"] <= 12_000_000
    baseline = find_preset("baseline").values
    assert not any(
        value
        for name, value in baseline.items()
        if name[:7] == "augment" and name[8:] not in ("elastic_sigma", "per_batch")
    )
    assert (baseline["train.optimizer"], baseline["train.schedule"]) == ("sgd", "constant")


def test_the_digest_knows_what_is_not_as_declared(monkeypatch):
    values = find_preset("cnn").values
    before = digest(checked(values))
    assert digest(checked(values | {"train.epochs": 21})) != before
    assert digest(checked({name: value for name, value in values.items() if name != "train.ema"})) == before
    monkeypatch.setattr(declared, "values_of", lambda sections: values_of(sections) | {"train.new": 0})
    for default, same in ((0, True), (1, False)):  # an option that comes, and is off, or is not
        monkeypatch.setattr(declared, "defaults", lambda default=default: DEFAULTS | {"train.new": default})
        assert (digest(checked(values)) == before) == same


def test_a_preset_that_is_like_another_differs_in_what_it_says():
    cnn, ensemble = find_preset("cnn").values, find_preset("ensemble").values
    assert {name: value for name, value in ensemble.items() if value != cnn[name]} == {"train.members": 5}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of presets, a copy."""
    monkeypatch.setattr(declared, "FOLDER", shutil.copytree(FOLDER, tmp_path / "presets"))
    return declared.FOLDER


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("about: a\nbudget: 1\ntrain: {epochs: 0}", "train.epochs is 0, it should be a whole number at least 1"),
        ("about: a\nbudget: 1\ntrain: {epoch: 1}", "unknown key train.epoch"),
        ("about: a\nbudget: 1\ntrain: {threads: 1}", "train.threads is no preset's to say"),
        ("about: a\nbudget: 1\ntrain: 5", "train is 5, it should map"),
        ("about: a\nbudget: 1\ntrain: {optimizer_options: {speed: 1}}", "train.optimizer_options: .*'speed'"),
        ("about: a\nbudget: 1\nmodel: {hidden_layers: [{maxpool: 99}]}", "layer 1 of 2: maxpool"),
        ("about: a\nbudget: 1\nmodel: {hidden_layers: [convv]}", "model.hidden_layers: entry 1"),
        ("about: a\nbudget: 1\ndata: {}", "unknown key 'data'; a preset has about, budget, goal, like, shifts, model"),
        ("about: a\nbudget: 1\nlike: cnm", "like is 'cnm', it should name another preset"),
        ("about: a\nbudget: 1\nlike: mine", "like is 'mine', it should name another preset, and in no circle"),
        ("about: a\nbudget: 1\nlike: [cnn]", r"like is \['cnn'\]"),
        ("about: a\nbudget: 1\nshifts: 9", "shifts is 9, it should be"),
        ("about: a\nbudget: 1\n1: 2", "unknown key 1;"),
        ("about: a", "budget is missing"),
        ("budget: 1", "about is missing"),
        ("about: a\nbudget: much", "budget is 'much'"),
        ("about: a\nbudget: 0", "budget is 0"),
        ("about: a\nbudget: 1\ngoal: 101", "goal is 101, it should be"),
        ("about: [", ".*not valid YAML"),
        ("", ".*has no sections"),
    ],
)
def test_a_broken_file_is_one_true_line(folder, text, said):
    (folder / "mine.yaml").write_text(text)
    with pytest.raises(InputError, match=rf"mine\.yaml:? .*{said}") as caught:
        find_preset("mine")
    assert "\n" not in str(caught.value)
    assert find_preset("cnn").name == "cnn", "the others are well"


def test_a_name_without_a_file(folder):
    with pytest.raises(InputError, match=r"there is no preset cnm; there are default, baseline, cnn, .*speedrun$"):
        find_preset("cnm")
    with pytest.raises(InputError, match="there is no preset"):
        find_preset("../../../params")
