"""params.yaml with other values, and nothing else changed."""

import difflib
from pathlib import Path

import pytest

from dnn.base.errors import InputError
from dnn.base.yaml12 import read
from stages.project.edit import apply

SHIPPED = Path("params.yaml").read_text()
SHOWN = read("params.yaml")


def changed(tmp_path, values, text=SHIPPED):
    """The lines that are gone, and those that came."""
    path = tmp_path / "params.yaml"
    path.write_text(text)
    apply(values, path)
    lines = list(difflib.ndiff(text.splitlines(), path.read_text().splitlines()))
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


def test_comments_columns_and_lists_stay(tmp_path):
    values = {
        "model.hidden_layers": [256, 128],
        "train.optimizer": "nadam",
        "train.learning_rate": 0.00312,
        "augment.rotation": 12.5,
        "train.epochs": SHOWN["train"]["epochs"],
    }
    assert changed(tmp_path, values)[1] == [
        "  hidden_layers: [256, 128]     # numbers are dense layers; dnn/README.md shows a convolutional network",
        "  optimizer: nadam     # sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, nadam, lion",
        "  learning_rate: 0.00312",
        "  rotation: 12.5       # degrees",
    ]


@pytest.mark.parametrize(
    "value",
    [1e-5, 10**12, "no", "5e-05", "it's: #1", "", None, True, [], [{"conv": {"filters": 2}}, "relu"], {"a": 0.5}],
)
@pytest.mark.parametrize("name", ["train.learning_rate", "model.hidden_layers", "augment.elastic_sigma", "train.seed"])
def test_every_value_is_read_back_and_no_other_changed(tmp_path, name, value):
    gone, came = changed(tmp_path, {name: value})
    assert len(gone) == len(came) == 1
    section, key = name.split(".")
    expected = read("params.yaml")
    expected[section][key] = value
    assert read(tmp_path / "params.yaml") == expected


def test_a_block_list_as_dvc_leaves_it_is_replaced(tmp_path):
    lines = "\n  - 128\n  - 64\n  - 32\n"
    text = SHIPPED.replace("[128, 64, 32]  # numbers", "               # numbers").replace(
        "network\n  act", f"network{lines}  act"
    )
    assert changed(tmp_path, {"model.hidden_layers": [128, 64, 32, 16]}, text)[1] == [
        "  hidden_layers: [128, 64, 32, 16] # numbers are dense layers; dnn/README.md shows a convolutional network"
    ]


def test_the_list_of_lines_may_become_anything_else(tmp_path):
    text = SHIPPED.replace("hidden_layers: [128, 64, 32]", "hidden_layers:\n  - 128\n  - 64\n ")
    for value in ([16], [], 5, {"a": 1}):
        assert len(changed(tmp_path, {"model.hidden_layers": value}, text)[1]) == 1
        expected = read("params.yaml")
        expected["model"]["hidden_layers"] = value
        assert read(tmp_path / "params.yaml") == expected


def test_the_same_values_leave_the_file_alone(tmp_path):
    assert changed(tmp_path, {"train.epochs": SHOWN["train"]["epochs"], "model.hidden_layers": [128, 64, 32]}) == (
        [],
        [],
    )


@pytest.mark.parametrize("name", ["train.speed", "trains.epochs", "train.epochs.more"])
def test_a_name_that_is_not_there_is_an_error(tmp_path, name):
    with pytest.raises(InputError, match=f"has no {name}"):
        changed(tmp_path, {name: 1})
    assert (tmp_path / "params.yaml").read_text() == SHIPPED


def test_a_file_that_is_no_yaml_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"params\.yaml is not valid YAML: line 1: ") as caught:
        changed(tmp_path, {"train.epochs": 1}, "train: {")
    assert "\n" not in str(caught.value)
