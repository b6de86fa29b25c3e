from pathlib import Path

import pytest
import yaml

from dnn.base.errors import InputError
from stages.project import params


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write the shipped params.yaml to a folder of its own, with one key changed or removed."""
    shipped = yaml.safe_load(Path("params.yaml").read_text())
    monkeypatch.chdir(tmp_path)

    def change(section, **values):
        shipped[section] |= values
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(shipped))

    return change


def test_the_shipped_file_is_valid():
    for section in (params.Data, params.Preprocess, params.Model, params.Train, params.Augment):
        params.load(section)


def test_a_number_that_yaml_reads_as_a_text_is_a_number(write, tmp_path):
    write("train")
    path = tmp_path / "params.yaml"
    path.write_text(path.read_text().replace("  learning_rate: ", "  learning_rate: 5e-05  # "))
    assert yaml.safe_load(path.read_text())["train"]["learning_rate"] == "5e-05"
    assert params.load(params.Train).learning_rate == 5e-5


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("train", {"learning_rat": 0.1}, "unknown key train.learning_rat; train has epochs, batch_size"),
        ("train", {"learning_rate": "fast"}, "train.learning_rate is 'fast', it should be a finite number above 0"),
        ("train", {"learning_rate": float("inf")}, "train.learning_rate is inf, it should be a finite number"),
        ("train", {"learning_rate": 0}, "train.learning_rate is 0, it should be a finite number above 0"),
        ("train", {"epochs": True}, "train.epochs is True, it should be a whole number at least 1"),
        ("train", {"epochs": 2.5}, "train.epochs is 2.5, it should be a whole number at least 1"),
        ("train", {"optimizer": "adan"}, "train.optimizer is 'adan', it should be one of sgd, momentum"),
        (
            "model",
            {"hidden_layers": [16, 0]},
            "model.hidden_layers: entry 2: dense: units is 0, it should be a whole number at least 1",
        ),
        ("model", {"dropout": 1.0}, "model.dropout is 1.0, it should be a finite number at least 0 and below 1"),
        (
            "data",
            {"mirrors": ["https://example.org"]},
            "data.mirrors is ['https://example.org'], it should be a list of texts for",
        ),
        (
            "data",
            {"mirrors": None},
            "data.mirrors is None, it should be a list of texts for each of mnist, fashion_mnist",
        ),
        (
            "data",
            {"mirrors": {"mnist": []}},
            "data.mirrors is {'mnist': []}, it should be a list of texts for each of mnist",
        ),
        (
            "data",
            {"mirrors": {"fashion_mnist": [], "kmnist": [], "mnist": "x"}},
            "data.mirrors is {'fashion_mnist': [], 'kmn",
        ),
        (
            "data",
            {"classes": [1, 2]},
            "data.classes is [1, 2], it should be a list of different texts of at most 200 letters; quote numbers",
        ),
        ("data", {"classes": ["a", "a "]}, "data.classes is ['a', 'a '], it should be a list of different texts"),
        ("data", {"classes": ["a", ""]}, "data.classes is ['a', ''], it should be"),
        ("data", {"classes": ["a", "b\nc"]}, "data.classes is ['a', 'b\\nc'], it should be"),
        (
            "data",
            {"dataset": "idx", "classes": ["a"]},
            "data.classes has 1 names, where data.dataset is idx it needs 2",
        ),
        ("data", {"folder": " "}, "data.folder is ' ', it should be the path of a folder"),
        (
            "data",
            {"dataset": "cifar"},
            "data.dataset is 'cifar', it should be one of mnist, fashion_mnist, kmnist, digits, idx",
        ),
    ],
)
def test_a_mistake_is_named_in_one_line(write, section, values, message):
    write(section, **values)
    with pytest.raises(InputError) as caught:
        params.load(getattr(params, section.capitalize()))
    assert str(caught.value).startswith(f"params.yaml: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [None, "", "train: {", "- a\n- b", "model: {}"])
def test_a_file_without_the_section_is_an_error(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").touch()
    if text is not None:
        (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(InputError, match=r"params\.yaml"):
        params.load(params.Train)
