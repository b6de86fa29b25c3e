"""From params.yaml, and what a command changes in it, to the arguments of the classifier."""

import re
from dataclasses import replace

import pytest

from dnn.base.errors import InputError
from stages.training.options import options_of, parse_settings


def test_settings_are_read_as_dvc_reads_them():
    assert parse_settings(["train.learning_rate=5e-5", "model.hidden_layers=[8, 4]", "train.optimizer=sgd"]) == {
        "train.learning_rate": 5e-5, "model.hidden_layers": [8, 4], "train.optimizer": "sgd"
    }  # fmt: skip
    for wrong in ("train.epochs", "data.dataset=digits", "=3", "train.x=[1"):
        with pytest.raises(InputError, match=re.escape(f"-S {wrong}: ")):
            parse_settings([wrong])


def test_parameters_become_options_with_some_replaced():
    values = options_of({"train.learning_rate": 5e-05, "augment.rotation": 3, "model.hidden_layers": [7]})
    assert values["learning_rate"] == 5e-05
    assert values["augmentation"] == replace(options_of()["augmentation"], rotation=3)
    assert values["hidden_layers"] == [7]
    assert values | options_of() == options_of()
    assert options_of({"train.optimizer_options.beta1": 0.8})["optimizer_options"] == {"beta1": 0.8}


def test_of_a_model_to_start_from_the_layers_are_taken(tmp_path):
    path = tmp_path / "a.npz"
    path.touch()
    values = options_of({"model.hidden_layers": [7], "model.start_from": str(path)})
    assert (values["hidden_layers"], values["start_from"]) == (None, str(path))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"train.learning_rate": -1}, "train.learning_rate is -1, it should be"),
        ({"train.learning_rat": 1}, "unknown key train.learning_rat; train has epochs"),
        ({"data.dataset": "digits"}, r"unknown parameter data\.dataset; it should begin with model\., train\."),
        ({"epochs": 1}, "unknown parameter epochs; it should begin with"),
        ({"train.epochs.x": 1}, r"unknown parameter train\.epochs\.x; train\.epochs has no parts"),
        ({"train": 1}, "unknown parameter train; it should begin with"),
        ({"model.start_from": "nothing"}, "model.start_from: nothing is missing"),
        ({"model.start_from": "tests"}, "model.start_from: tests is a folder"),
        ({"model.start_from": "/dev/zero"}, "model.start_from: /dev/zero is a pipe or a device"),
        ({"model.start_from": "a" * 5000}, "model.start_from: .* cannot be read: File name too long"),
        ({"model.start_from": "\ud800"}, "model.start_from is '.ud800', it should be the path of a file"),
    ],
    ids=str,
)
def test_wrong_parameters_are_named(overrides, message):
    with pytest.raises(InputError, match=message):
        options_of(overrides)
