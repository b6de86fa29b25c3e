"""What the trained network is worth to another task: scikit-learn's small digits, with few labelled images."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from dnn.base.files import write_text
from dnn.base.types import Array
from dnn.classifier import DeepNeuralNetwork
from dnn.formats.model_file import load_model
from dnn.network import Network
from stages.datasets.small_digits import mnist_form
from stages.project import cli

LABELLED = (10, 50, 200)
SEEDS = 3
TEST_IMAGES = 797
RECIPE: dict[str, Any] = {"epochs": 40, "batch_size": 32, "optimizer": "adam", "schedule": "cosine"}


def main(
    model: Annotated[Path, typer.Argument(help="network trained on MNIST")],
    table: Annotated[Path, typer.Argument(help="CSV file to write")],
) -> None:
    """Fine-tune on 10, 50 and 200 labelled images, against training from scratch; accuracy on images never seen."""
    small = load_digits()
    X = np.stack([mnist_form(image).ravel() / np.float32(255) for image in small.images])
    y = small.target
    network = load_model(model).networks[0]  # of an ensemble, the first
    rows = [
        {"images": images, "seed": seed, "method": method, "accuracy": accuracy}
        for images in LABELLED
        for seed in range(SEEDS)
        for method, accuracy in compare(network, X, y, images, seed).items()
    ]
    results = pd.DataFrame(rows)
    write_text(table, results.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    print(results.pivot_table(index="images", columns="method", values="accuracy").map("{:.1%}".format).to_string())


def compare(network: Network, X: Array, y: Array, images: int, seed: int) -> dict[str, float]:
    """Test accuracy of each way to learn from `images` labelled images, chosen by the seed."""
    X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=TEST_IMAGES, stratify=y, random_state=seed)
    X_train, _, y_train, _ = train_test_split(X_rest, y_rest, train_size=images, stratify=y_rest, random_state=seed)
    fresh = Network.from_config(network.config())
    fresh.initialize(np.random.default_rng(seed))
    body = {"start_from": network, "freeze": len(network.layers) - 1, "learning_rate": 0.01}
    ways: dict[str, dict[str, Any]] = {
        "from scratch": {"start_from": fresh, "learning_rate": 0.003},
        "all layers, slowly but the last": body | {"frozen_rate": 0.1},
        "the last layer only": body,
    }
    accuracies = {}
    for name, options in ways.items():
        classifier = DeepNeuralNetwork(random_state=seed, **RECIPE, **options)
        classifier.fit(X_train, y_train)
        with threadpool_limits(1, "blas"):  # as in training, so that the number of cores changes nothing
            accuracies[name] = float(classifier.score(X_test, y_test))
    return accuracies


if __name__ == "__main__":
    cli.run(main)
