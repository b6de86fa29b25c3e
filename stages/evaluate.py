"""Measure the trained network on the test set, which nothing before has opened."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from threadpoolctl import threadpool_limits

from dnn.base.files import write_text
from dnn.base.types import Array
from dnn.calibration import expected_calibration_error, reliability
from dnn.formats.model_file import load_model
from dnn.losses import log_softmax, softmax
from dnn.model import Predictor
from stages.datasets.splits import Split, caption, load_split
from stages.project import cli

DIGITS = 6  # after the decimal point: enough to compare, few enough to survive a change of processor


def main(
    processed: Annotated[Path, typer.Argument(help="Folder with train.npz, val.npz and test.npz")],
    model: Annotated[Path, typer.Argument(help="Trained model")],
    metrics: Annotated[Path, typer.Argument(help="JSON file for the headline scores")],
    predictions: Annotated[Path, typer.Argument(help="CSV file for the prediction on every test image")],
    scores: Annotated[Path, typer.Argument(help="Folder for the tables behind DVC's plots and the scores by digit")],
) -> None:
    """Write the headline scores, the prediction on every test image, and tables of scores."""
    trained = load_model(model)
    results: dict[str, Any] = {"epochs": trained.about["training"]["epochs"]}
    for name in ("train", "val", "test"):  # one after the other: each split is large
        split = load_split(processed / f"{name}.npz")
        with threadpool_limits(1, "blas"):  # sums, and so the last digits, depend on the number of threads
            logits = trained.logits(split.images)
        right = trained.classes[logits.argmax(axis=1)] == split.digits
        loss = -float(np.vdot(log_softmax(logits / trained.temperature), split.labels)) / len(logits)
        results |= {f"{name}_accuracy": round(float(right.mean()), DIGITS), f"{name}_loss": round(loss, DIGITS)}
    table = tabulate(trained, split, logits)  # of the test set
    results |= more_scores(trained, table, logits)
    write_text(metrics, json.dumps(results, indent=2) + "\n")
    write_csv(predictions, table)
    write_tables(scores, table, trained.classes)
    print(f"data: {caption(split.dataset)}")
    print(
        f"test accuracy {results['test_accuracy']:.2%}, {results['test_errors']} errors, "
        f"calibration error {results['test_calibration_error']:.4f}"
    )


def tabulate(model: Predictor, test: Split, logits: Array) -> pd.DataFrame:
    """One row for each test image: index, label, prediction, confidence, margin to the second, ten probabilities."""
    probabilities = softmax(logits / model.temperature)
    ranked = np.sort(probabilities, axis=1)
    columns = {
        "index": np.arange(len(test.digits)),
        "label": test.digits,
        "prediction": model.classes[probabilities.argmax(axis=1)],
        "confidence": ranked[:, -1],
        "margin": ranked[:, -1] - ranked[:, -2],
    }
    return pd.DataFrame(columns | {f"p{name}": p for name, p in zip(model.classes, probabilities.T, strict=True)})


def more_scores(model: Predictor, table: pd.DataFrame, logits: Array) -> dict[str, Any]:
    """More of the test set: errors, second guesses, and calibration with and without the temperature."""
    label = table["label"].to_numpy()
    right = label == table["prediction"].to_numpy()
    probabilities = table.filter(regex=r"^p\d").to_numpy()
    truth = probabilities[np.arange(len(label)), np.searchsorted(model.classes, label)]
    before = softmax(logits).max(axis=1)
    fractions = {
        "test_top2_accuracy": ((probabilities > truth[:, None]).sum(axis=1) < 2).mean(),
        "test_calibration_error": expected_calibration_error(table["confidence"].to_numpy(), right),
        "test_calibration_error_before": expected_calibration_error(before, right),
    }
    return {"test_errors": int((~right).sum())} | {k: round(float(v), DIGITS) for k, v in fractions.items()}


def write_tables(scores: Path, table: pd.DataFrame, classes: Array) -> None:
    """Confusions, reliability, confidence, and the scores of each digit, each as a CSV file."""
    label, prediction = table["label"].to_numpy(), table["prediction"].to_numpy()
    write_csv(scores / "confusion.csv", table[["label", "prediction"]].astype(str))
    write_csv(scores / "digits.csv", digit_scores(label, prediction, classes))
    confidence, accuracy, counts = reliability(table["confidence"].to_numpy(), label == prediction)
    bins = pd.DataFrame({"confidence": confidence, "accuracy": accuracy, "images": counts})
    write_csv(scores / "reliability.csv", bins.dropna())
    edges = np.linspace(0, 1, len(bins) + 1)
    names = [f"{low:.2f}-{high:.2f}" for low, high in pairwise(edges)]
    write_csv(scores / "confidence.csv", pd.DataFrame({"confidence": names, "images": counts}))


def digit_scores(label: Array, prediction: Array, classes: Array) -> pd.DataFrame:
    """Of each class precision TP / (TP + FP), recall TP / (TP + FN), and F1, their harmonic mean; 0 for 0 / 0."""
    told, true = prediction == classes[:, None], label == classes[:, None]
    hits, said, there = (told & true).sum(axis=1), told.sum(axis=1), true.sum(axis=1)
    columns = {
        "precision": hits / said.clip(1),
        "recall": hits / there.clip(1),
        "f1": 2 * hits / (said + there).clip(1),
    }
    return pd.DataFrame({"digit": classes} | columns)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write the table with six digits, which is what float32 holds."""
    write_text(path, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


if __name__ == "__main__":
    cli.run(main, "python -m stages.evaluate data/processed models/model.npz metrics.json predictions.csv plots")
