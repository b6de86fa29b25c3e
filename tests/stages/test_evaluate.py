import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss, top_k_accuracy_score

from dnn.batches.labels import one_hot
from dnn.formats.model_file import Model
from stages.datasets.splits import Split
from stages.evaluate import measure, tabulate
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


def test_metrics_agree_with_scikit_learn(model, splits):
    test = splits["test"]
    logits = {name: model.logits(split.images) for name, split in splits.items()}
    results = measure(model, splits, logits, tabulate(model, test, logits["test"]))
    probabilities, prediction = model.predict_proba(test.images.astype(np.float64)), model.predict(test.images)
    expected = {
        "accuracy": accuracy_score(test.digits, prediction),
        "loss": log_loss(test.digits, probabilities, labels=range(10)),
        "errors": (test.digits != prediction).sum(),
        "top2_accuracy": top_k_accuracy_score(test.digits, probabilities, k=2, labels=range(10)),
    }
    assert {name: results["test"][name] for name in expected} == pytest.approx(expected, abs=1e-5)
    f1 = f1_score(test.digits, prediction, average=None, labels=range(10), zero_division=0)
    assert [results["test_by_digit"][str(digit)]["f1"] for digit in range(10)] == pytest.approx(f1.tolist(), abs=1e-5)
    assert results["dataset"] == DATASET
    assert results["epochs"] == 7


def test_every_test_image_has_a_row_with_its_probabilities(model, splits):
    table = tabulate(model, splits["test"], model.logits(splits["test"].images))
    probabilities = table[[f"p{digit}" for digit in range(10)]].to_numpy()
    assert table["index"].tolist() == list(range(200))
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(200), abs=1e-5)
    assert table["prediction"].tolist() == probabilities.argmax(axis=1).tolist()
    second = np.partition(probabilities, -2, axis=1)[:, -2]
    assert np.allclose(table["margin"], table["confidence"] - second)
