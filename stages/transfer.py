"""Measure how much the trained layers help with another task: scikit-learn's small digits, few of them labelled."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.transfer`")


import sys
from collections.abc import Iterator
from itertools import chain
from math import prod
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from dnn.base.blas import blas_threads
from dnn.base.errors import InputError
from dnn.base.files import write_text
from dnn.base.types import Array
from dnn.ensemble import Ensemble
from dnn.formats.model_file import load_model
from dnn.model import Predictor
from dnn.network import Network
from stages.datasets.centring import SIDE
from stages.datasets.small_digits import load_small_digits
from stages.datasets.splits import caption
from stages.figures import curves
from stages.figures.style import save
from stages.project import cli
from stages.project.paths import need_writable, pipeline_path

SMALL_DIGITS = "scikit-learn digits"  # as `fetch` calls them in the data set's name
LABELLED = (10, 50, 200)
SEEDS = 3
TEST_IMAGES = 797
RECIPE: dict[str, Any] = {"epochs": 40, "batch_size": 32, "optimizer": "adam", "schedule": "cosine"}


def main(
    model: Annotated[Path | None, typer.Option(help="Model file, by default the one of dvc.yaml")] = None,
    table: Annotated[Path | None, typer.Option(help="CSV file to write")] = None,
    figure: Annotated[Path | None, typer.Option(help="PNG file to draw")] = None,
) -> None:
    """Compare fine-tuning on 10, 50 and 200 labelled images with training from scratch, by images never seen."""
    import pandas as pd

    need_writable(*filter(None, (table, figure)))
    model = model or pipeline_path("model")
    trained = load_model(model)
    check_unseen(trained, model)
    data = trained.about.get("dataset")
    if prod(trained.input_shape) != SIDE**2:
        raise InputError(
            f"{model} takes inputs of shape {trained.input_shape}, digits have {SIDE**2} pixels; give another --model"
        )
    images, y = load_small_digits()
    X = images.reshape(len(images), -1) / np.float32(255)
    rows = [
        {"images": count, "seed": seed, "method": method, "accuracy": accuracy}
        for count in LABELLED
        for seed in range(SEEDS)
        for method, accuracy in compare(trained.networks[0], X, y, count, seed).items()  # of an ensemble, the first
    ]
    results = pd.DataFrame(rows)
    shown = results.pivot_table(index="method", columns="images", values="accuracy").map("{:.1%}".format)
    print(shown.rename_axis(columns="labelled images", index=None).to_string())
    if table:
        write_text(table, results.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    if figure:
        source = data["name"] if data else "MNIST"
        save(curves.transfer(results, f"data: {caption(data)}" if data else f"model {model}", source), figure)


def check_unseen(trained: Predictor, model: Path) -> None:
    """Raise InputError where the model has learned the small digits; where it does not tell, say so."""
    own = list(lineage(trained.about))
    members = trained.members if isinstance(trained, Ensemble) else []
    for data in chain(own, *(lineage(member.about) for member in members)):
        if SMALL_DIGITS in data:
            raise InputError(f"{model} learned {data}, on which it would be tried; give another --model")
    if "" in own:
        note = f"note: {model} does not tell all that it learned; were it these digits, they are not unseen"
        print(note, file=sys.stderr)


def lineage(about: Any) -> Iterator[str]:
    """The names of the data sets that a model learned, and the one it started from, and so on; "" if it has none."""
    while isinstance(about, dict):
        data = about.get("dataset")
        yield str(data.get("name", "")) if isinstance(data, dict) else ""
        about = about.get("start_from")


def compare(network: Network, X: Array, y: Array, images: int, seed: int) -> dict[str, float]:
    """Test accuracy of each way to learn from `images` labelled images, chosen by the seed."""
    from sklearn.model_selection import train_test_split

    from dnn.classifier import DeepNeuralNetwork

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
        with blas_threads(1):  # as in training, so that the number of cores changes nothing
            accuracies[name] = float(classifier.score(X_test, y_test))
    return accuracies


if __name__ == "__main__":
    cli.run(main, "python -m stages.transfer --table transfer.csv --figure transfer.png")
