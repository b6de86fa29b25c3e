"""Reading the space of a search: what it takes, and what it says of mistakes."""

from pathlib import Path

import pytest
import yaml

from dnn.base.errors import InputError
from stages.training.options import options_of
from stages.tuning.proposals import distribution
from stages.tuning.ranges import Categorical
from stages.tuning.space import load_space


def load(tmp_path, entries):
    path = tmp_path / "space.yaml"
    path.write_text(entries if isinstance(entries, str) else yaml.safe_dump(entries))
    return load_space(path)


def test_the_shipped_space_is_valid_and_holds_the_shipped_parameters():
    space = load_space(Path("stages/tuning/search.yaml"))
    shipped = yaml.safe_load(Path("params.yaml").read_text())
    for name, parameter in space.parameters.items():
        section, key = name.split(".")
        value = shipped[section][key]
        if isinstance(parameter, Categorical):
            assert value in parameter.choices
        else:
            assert parameter.low <= value <= parameter.high


def test_draws_become_values_that_params_yaml_takes(tmp_path):
    pytest.importorskip("optuna")
    space = load(
        tmp_path,
        {
            "model.hidden_layers": {"type": "categorical", "choices": [[8], [8, 4]]},
            "train.optimizer": {"type": "categorical", "choices": ["adam", "momentum"]},
            "train.learning_rate": {"type": "float", "low": 0.00012345, "high": 0.1, "log": True},
            "train.cutout": {"type": "int", "low": 0, "high": 8},
        },
    )
    drawn = {
        "model.hidden_layers": "[8, 4]",
        "train.optimizer": "adam",
        "train.learning_rate": 0.0123456,
        "train.cutout": 3,
    }
    values = space.values(drawn)
    assert values == {**drawn, "model.hidden_layers": [8, 4], "train.learning_rate": 0.0123}
    assert space.values(drawn | {"train.learning_rate": 0.00012345})["train.learning_rate"] == 0.00012345
    assert options_of(values)["hidden_layers"] == [8, 4]
    for name, parameter in space.parameters.items():
        optuna_has = distribution(parameter)
        assert optuna_has._contains(optuna_has.to_internal_repr(drawn[name]))


@pytest.mark.parametrize(
    ("name", "entry", "message"),
    [
        (
            "train.learning_rate",
            {"type": "float", "low": 0, "high": 1},
            "train.learning_rate is 0.0, it should be a finite number above 0",
        ),
        ("train.learning_rate", {"type": "float", "low": 0, "high": 1, "log": True}, "low above 0, as log is true"),
        (
            "train.learning_rate",
            {"type": "float", "low": 1, "high": 0.1},
            "'low': 1, 'type': 'float'}, it should have low below high",
        ),
        ("train.learning_rate", {"type": "float", "low": 1}, "train.learning_rate.high is missing"),
        (
            "train.learning_rate",
            {"type": "float", "low": "slow", "high": 1},
            "train.learning_rate.low is 'slow', it should be",
        ),
        (
            "train.learning_rate",
            {"type": "float", "low": 0.1, "high": 1, "step": 1},
            "unknown key train.learning_rate.step",
        ),
        (
            "train.cutout",
            {"type": "int", "low": 0.5, "high": 3},
            "train.cutout.low is 0.5, it should be a valid integer",
        ),
        (
            "train.optimizer",
            {"type": "categorical", "choices": ["adam", "adan"]},
            "train.optimizer is 'adan', it should be one",
        ),
        (
            "train.optimizer",
            {"type": "categorical", "choices": ["adam"]},
            "it should have two choices or more, all different",
        ),
        (
            "train.optimizer",
            {"type": "categorical", "choices": ["adam", "adam"]},
            "it should have two choices or more, all different",
        ),
        ("train.optimizer", {"type": "enum", "choices": ["adam"]}, "it should have a type: float, int, categorical"),
        ("train.optimizer", {"choices": ["adam"]}, "it should have a type: float, int, categorical"),
        ("train.cutout", {"type": "int", "low": True, "high": 3}, "train.cutout.low is True, it should be a valid int"),
        ("train.optimizer", ["adam", "momentum"], "train.optimizer is ['adam', 'momentum'], it should have a type"),
        ("train.speed", {"type": "int", "low": 0, "high": 3}, "train.speed"),
        ("train.epochs", {"type": "int", "low": 1, "high": 3}, "train.epochs cannot be searched: --epochs"),
        ("train.seed", {"type": "int", "low": 1, "high": 3}, "train.seed cannot be searched"),
        (
            "train.loss",
            {"type": "categorical", "choices": ["cross_entropy"]},
            "train.loss cannot be searched: it decides",
        ),
        ("preprocess.seed", {"type": "int", "low": 1, "high": 3}, "preprocess.seed cannot be searched"),
    ],
)
def test_a_mistake_is_named_in_one_line(tmp_path, name, entry, message):
    with pytest.raises(InputError) as caught:
        load(tmp_path, {name: entry})
    assert str(caught.value).startswith(f"{tmp_path / 'space.yaml'}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a", "a: {", "7: {type: int, low: 0, high: 1}"])
def test_a_file_that_is_no_space_is_an_error(tmp_path, text):
    with pytest.raises(InputError, match=r"space\.yaml"):
        load(tmp_path, text)
