"""Measure the trained network on the test set, which nothing before has opened."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.evaluate`")


import csv
import io
import json
from collections.abc import Mapping
from itertools import pairwise
from math import isfinite, prod
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from dnn.base.blas import blas_threads
from dnn.base.errors import InputError, shown
from dnn.base.files import replacing_folder, write_text
from dnn.base.strict_json import lacking
from dnn.base.types import Array
from dnn.calibration import expected_calibration_error, reliability
from dnn.formats.model_file import load_model
from dnn.losses import log_softmax, softmax
from dnn.model import Predictor
from dnn.shifts import Shifted
from stages.datasets.splits import Split, caption, class_names, load_split
from stages.project import cli, params
from stages.project.paths import need_writable

Table = Mapping[str, Array]  # columns of equal length, by their names
DIGITS = 6  # after the decimal point: enough to compare, few enough to survive a change of processor


def main(
    processed: Annotated[Path, typer.Argument(help="Folder with train.npz, val.npz and test.npz")],
    model: Annotated[Path, typer.Argument(help="Trained model")],
    metrics: Annotated[Path, typer.Argument(help="JSON file for the headline scores")],
    predictions: Annotated[Path, typer.Argument(help="CSV file for the prediction on every test image")],
    scores: Annotated[Path, typer.Argument(help="Folder for the tables behind DVC's plots and the scores by class")],
) -> None:
    """Write the headline scores, the prediction on every test image, and tables of scores.

    Losses are log losses in nats, whatever `train.loss` says.
    """
    need_writable(metrics, predictions, scores / "classes.csv")
    trained, shifts = load_model(model), params.load(params.Evaluate).shifts
    if any(lacking(trained.about, {"training": {"epochs": int}})):
        raise InputError(f"{model} does not tell how it was trained; give a model of `python -m stages.train`")
    results: dict[str, Any] = {"epochs": trained.about["training"]["epochs"]}
    if shifts:
        trained, results["shifts"] = Shifted(trained, shifts), shifts
    for name in ("train", "val", "test"):  # one after the other: each split is large
        split = load_split(processed / f"{name}.npz")
        check_fits(trained, model, split, name)
        with blas_threads(1):  # sums, and so the last digits, depend on the number of threads
            logits = trained.logits(split.images)
        right = trained.classes[logits.argmax(axis=1)] == split.digits
        with np.errstate(over="ignore", invalid="ignore"):
            loss = -float(np.vdot(log_softmax(logits / trained.temperature), split.labels)) / len(logits)
        if not isfinite(loss):
            far = f"logits are up to {np.abs(logits).max():.3g}, the temperature is {trained.temperature:g}"
            raise InputError(f"{model} has no finite {name} loss: its {far}; train it again")
        results |= {f"{name}_accuracy": float(right.mean()), f"{name}_loss": loss}
    probabilities = softmax(logits / trained.temperature)  # of the test set
    table = tabulate(trained, split, probabilities)
    results |= more_scores(trained, table, probabilities, logits)
    write_text(metrics, json.dumps({name: round(value, DIGITS) for name, value in results.items()}, indent=2) + "\n")
    write_csv(predictions, table)
    with replacing_folder(scores) as folder:
        write_tables(folder, table, trained.classes, np.array(class_names(split.dataset)))
    print(f"data: {caption(split.dataset)}")
    if shifts:
        print(f"each answer is the mean over {(2 * shifts + 1) ** 2} positions of the image")
    print(
        f"test accuracy {results['test_accuracy']:.2%}, {results['test_errors']} errors, "
        f"calibration error {results['test_calibration_error']:.4f}"
    )


def check_fits(trained: Predictor, model: Path, split: Split, name: str) -> None:
    """Raise InputError where the model takes other images than the split has, or tells other classes."""
    pixels, classes = split.images.shape[1], split.labels.shape[1]
    if prod(trained.input_shape) != pixels or trained.classes.tolist() != list(range(classes)):
        raise InputError(
            f"{model} takes {prod(trained.input_shape)} pixels and tells {shown(trained.classes.tolist())}, {name} has "
            f"images of {pixels} pixels and the classes 0 to {classes - 1}; `dvc repro` trains on what is there"
        )


def tabulate(model: Predictor, test: Split, probabilities: Array) -> Table:
    """For each test image index, label, prediction, confidence, margin to the second, and each class's probability."""
    ranked = np.sort(probabilities, axis=1)
    columns = {
        "index": np.arange(len(test.digits)),
        "label": test.digits,
        "prediction": model.classes[probabilities.argmax(axis=1)],
        "confidence": ranked[:, -1],
        "margin": ranked[:, -1] - ranked[:, -2],
    }
    return columns | {f"p{name}": p for name, p in zip(model.classes, probabilities.T, strict=True)}


def more_scores(model: Predictor, table: Table, probabilities: Array, logits: Array) -> dict[str, Any]:
    """More of the test set: errors, second guesses, and calibration with and without the temperature."""
    label = table["label"]
    right = label == table["prediction"]
    truth = probabilities[np.arange(len(label)), np.searchsorted(model.classes, label)]
    before = softmax(logits).max(axis=1)
    return {
        "test_errors": int((~right).sum()),
        "test_top2_accuracy": float(((probabilities > truth[:, None]).sum(axis=1) < 2).mean()),
        "test_calibration_error": expected_calibration_error(table["confidence"], right),
        "test_calibration_error_before": expected_calibration_error(before, right),
    }


def write_tables(scores: Path, table: Table, classes: Array, names: Array) -> None:
    """Confusions, reliability, confidence, and the scores of each class, each as a CSV file, with names of classes."""
    label, prediction = table["label"], table["prediction"]
    write_csv(scores / "confusion.csv", {"label": names[label], "prediction": names[prediction]})
    write_csv(scores / "classes.csv", {"class": names[classes], **class_scores(label, prediction, classes)})
    confidence, accuracy, counts = reliability(table["confidence"], label == prediction)
    some = counts > 0
    bins = {"confidence": confidence[some], "accuracy": accuracy[some], "images": counts[some]}
    write_csv(scores / "reliability.csv", bins)
    names = np.array([f"{low:.2f}-{high:.2f}" for low, high in pairwise(np.linspace(0, 1, len(counts) + 1))])
    write_csv(scores / "confidence.csv", {"confidence": names, "images": counts})


def class_scores(label: Array, prediction: Array, classes: Array) -> Table:
    """Of each class its images, precision TP / (TP + FP), recall TP / (TP + FN), and F1, their harmonic mean; 0 for
    0 / 0.
    """
    told, true = prediction == classes[:, None], label == classes[:, None]
    hits, said, there = (told & true).sum(axis=1), told.sum(axis=1), true.sum(axis=1)
    shares = {"precision": hits / said.clip(1), "recall": hits / there.clip(1), "f1": 2 * hits / (said + there).clip(1)}
    return {"images": there, **shares}


def write_csv(path: Path, table: Table) -> None:
    """Write the columns, fractions with six digits, which is what float32 holds."""
    columns = [
        [f"{value:.6g}" if isinstance(value, float) else str(value) for value in c.tolist()] for c in table.values()
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([list(table), *zip(*columns, strict=True)])
    write_text(path, text.getvalue())


if __name__ == "__main__":
    cli.run(
        main,
        "python -m stages.evaluate data/processed models/model.npz metrics.json predictions.csv scores",
        writes=["metrics", "predictions", "scores"],
    )
