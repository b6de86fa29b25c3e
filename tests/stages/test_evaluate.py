import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss, precision_recall_fscore_support, top_k_accuracy_score

from dnn.base.errors import InputError
from dnn.batches.labels import one_hot
from dnn.formats.model_file import save_model
from dnn.model import Model
from dnn.shifts import Shifted
from stages.datasets.splits import Split, save_split
from stages.evaluate import main, tabulate, write_tables
from stages.project import params
from tests.networks import mlp

DATASET = {"name": "made up", "fallback": False, "train_images": 300, "test_images": 200}


@pytest.fixture
def model(rng):
    network = mlp([784, 16, 10])
    network.initialize(rng)
    return Model(network, np.arange(10), about={"training": {"epochs": 7}})


@pytest.fixture
def splits(rng):
    def split(n):
        digits = rng.integers(0, 10, n).astype(np.uint8)
        return Split(rng.random((n, 784), dtype=np.float32), one_hot(digits, 10), digits, DATASET)

    return {"train": split(300), "val": split(50), "test": split(200)}


def test_scores_agree_with_scikit_learn(model, splits, tmp_path):
    for name, split in splits.items():
        save_split(tmp_path / f"{name}.npz", split)
    save_model(tmp_path / "model.npz", model)
    main(tmp_path, tmp_path / "model.npz", tmp_path / "m.json", tmp_path / "p.csv", tmp_path / "scores")
    results = json.loads((tmp_path / "m.json").read_text())
    expected = {"epochs": 7}
    for name, split in splits.items():
        probabilities, prediction = model.predict_proba(split.images.astype(np.float64)), model.predict(split.images)
        expected |= {
            f"{name}_accuracy": accuracy_score(split.digits, prediction),
            f"{name}_loss": log_loss(split.digits, probabilities, labels=range(10)),
        }
    expected |= {
        "test_errors": (split.digits != prediction).sum(),
        "test_top2_accuracy": top_k_accuracy_score(split.digits, probabilities, k=2, labels=range(10)),
    }
    assert {name: results[name] for name in expected} == pytest.approx(expected, abs=1e-5)
    assert len(results) <= 15, "dvc metrics diff fits a screen"
    table = pd.read_csv(tmp_path / "scores/classes.csv")
    scores = precision_recall_fscore_support(split.digits, prediction, labels=range(10), zero_division=0)
    assert np.allclose(table[["precision", "recall", "f1"]], np.transpose(scores[:3]), atol=1e-5)


def test_over_shifts(model, splits, tmp_path, monkeypatch):
    monkeypatch.setattr(params, "load", lambda section: section(shifts=1))
    for name, split in splits.items():
        save_split(tmp_path / f"{name}.npz", split)
    save_model(tmp_path / "model.npz", model)
    main(tmp_path, tmp_path / "model.npz", tmp_path / "m.json", tmp_path / "p.csv", tmp_path / "scores")
    results, test = json.loads((tmp_path / "m.json").read_text()), splits["test"]
    answers = Shifted(model, 1)
    assert results["shifts"] == 1
    assert results["test_accuracy"] == pytest.approx(accuracy_score(test.digits, answers.predict(test.images)))
    predictions = pd.read_csv(tmp_path / "p.csv")
    assert predictions["confidence"].to_numpy() == pytest.approx(answers.predict_proba(test.images).max(1), abs=1e-5)
    assert answers.predict(test.images).tolist() != model.predict(test.images).tolist()


def test_every_test_image_has_a_row_with_its_probabilities(model, splits):
    table = tabulate(model, splits["test"], model.predict_proba(splits["test"].images))
    probabilities = np.stack([table[f"p{digit}"] for digit in range(10)], axis=1)
    assert table["index"].tolist() == list(range(200))
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(200), abs=1e-5)
    assert table["prediction"].tolist() == probabilities.argmax(axis=1).tolist()
    second = np.partition(probabilities, -2, axis=1)[:, -2]
    assert np.allclose(table["margin"], table["confidence"] - second)


def test_tables_for_people_have_the_names_of_the_classes(tmp_path):
    names = ["T-shirt/top", "a, b", "きれい"]
    labels = np.array([0, 1, 2, 2])
    table = {"label": labels, "prediction": np.array([0, 1, 1, 2]), "confidence": np.full(4, 0.5)}
    write_tables(tmp_path, table, np.arange(3), np.array(names))
    confusion = pd.read_csv(tmp_path / "confusion.csv")
    assert confusion["label"].tolist() == [*names, names[2]]
    assert confusion["prediction"].tolist() == [names[0], names[1], names[1], names[2]]
    assert pd.read_csv(tmp_path / "classes.csv")["class"].tolist() == names


@pytest.mark.parametrize(
    ("sizes", "classes", "about"),
    [
        ([784, 3], np.arange(3), {"training": {"epochs": 7}}),
        ([784, 10], np.arange(10)[::-1], {"training": {"epochs": 7}}),
        ([784, 10], np.array(list("abcdefghij")), {"training": {"epochs": 7}}),
        ([64, 10], np.arange(10), {"training": {"epochs": 7}}),
        ([784, 10], np.arange(10), {"training": {"epochs": "7"}}),
        ([784, 10], np.arange(10), {"training": 7}),
        ([784, 10], np.arange(10), {}),
    ],
)
def test_a_model_that_is_not_of_these_images_is_named(sizes, classes, about, splits, tmp_path):
    for name, split in splits.items():
        save_split(tmp_path / f"{name}.npz", split)
    save_model(tmp_path / "model.npz", Model(mlp(sizes), classes, about))
    with pytest.raises(InputError, match=r"model\.npz (takes|does not tell how it was trained)"):
        main(tmp_path, tmp_path / "model.npz", tmp_path / "m.json", tmp_path / "p.csv", tmp_path / "scores")
    assert not (tmp_path / "m.json").exists()


@pytest.mark.parametrize("bias", [3.4e38, 1e33])
def test_answers_of_which_no_score_can_be_made_are_refused(model, splits, tmp_path, bias):
    for name, split in splits.items():
        save_split(tmp_path / f"{name}.npz", split)
    model.network.params[-2:], model.temperature = (bias, -bias), 1e-6
    save_model(tmp_path / "model.npz", model)
    with pytest.raises(InputError, match=r"model\.npz has no finite train loss: its logits are up to"):
        main(tmp_path, tmp_path / "model.npz", tmp_path / "m.json", tmp_path / "p.csv", tmp_path / "scores")
    assert not (tmp_path / "m.json").exists()
