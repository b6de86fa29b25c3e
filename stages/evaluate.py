"""Measure the trained network on the test set, which nothing before has opened."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from sklearn.metrics import precision_recall_fscore_support
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
    metrics: Annotated[Path, typer.Argument(help="JSON file to write the metrics to")],
    predictions: Annotated[Path, typer.Argument(help="CSV file for the prediction on every test image")],
    plots: Annotated[Path, typer.Argument(help="Folder for the data of DVC's plots")],
) -> None:
    """Write metrics, the prediction on every test image, and the data of DVC's plots."""
    trained = load_model(model)
    splits = {name: load_split(processed / f"{name}.npz") for name in ("train", "val", "test")}
    with threadpool_limits(1, "blas"):  # sums, and so the last digits, depend on the number of threads
        logits = {name: trained.logits(split.images) for name, split in splits.items()}
    table = tabulate(trained, splits["test"], logits["test"])
    results = measure(trained, splits, logits, table)
    write_text(metrics, json.dumps(results, indent=2) + "\n")
    write_csv(predictions, table)
    write_csv(plots / "confusion.csv", table[["label", "prediction"]].astype(str))
    correct = table["label"] == table["prediction"]
    confidence, accuracy, counts = reliability(table["confidence"].to_numpy(), correct.to_numpy())
    bins = pd.DataFrame({"confidence": confidence, "accuracy": accuracy, "images": counts})
    write_csv(plots / "reliability.csv", bins.dropna())
    edges = np.linspace(0, 1, len(bins) + 1)
    names = [f"{low:.2f}-{high:.2f}" for low, high in pairwise(edges)]
    write_csv(plots / "confidence.csv", pd.DataFrame({"confidence": names, "images": counts}))
    print(f"data: {caption(splits['test'].dataset)}")
    print(
        f"test accuracy {results['test']['accuracy']:.2%}, "
        f"{results['test']['errors']} errors, calibration error {results['test']['calibration_error']:.4f}"
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


def measure(
    model: Predictor, splits: dict[str, Split], logits: dict[str, Array], table: pd.DataFrame
) -> dict[str, Any]:
    """All that metrics.json holds, from the logits of each split; fractions are of 1, losses in nats."""
    dataset = splits["test"].dataset
    results: dict[str, Any] = {
        "dataset": dataset,
        "images": {name: len(split.digits) for name, split in splits.items()},
        "parameters": model.parameter_count,
        "epochs": model.about["training"]["epochs"],
    }
    for name, split in splits.items():
        loss = -float(np.vdot(log_softmax(logits[name] / model.temperature), split.labels)) / len(logits[name])
        accuracy = (model.classes[logits[name].argmax(axis=1)] == split.digits).mean()
        results[name] = {"accuracy": round(float(accuracy), DIGITS), "loss": round(loss, DIGITS)}
    label, prediction = table["label"].to_numpy(), table["prediction"].to_numpy()
    probabilities = table.filter(regex=r"^p\d").to_numpy()
    truth = probabilities[np.arange(len(label)), np.searchsorted(model.classes, label)]
    uncalibrated = softmax(logits["test"]).max(axis=1)
    results["temperature"] = round(model.temperature, DIGITS)
    results["test"] |= {
        "errors": int((label != prediction).sum()),
        "top2_accuracy": round(float(((probabilities > truth[:, None]).sum(axis=1) < 2).mean()), DIGITS),
        "calibration_error": round(
            expected_calibration_error(table["confidence"].to_numpy(), label == prediction), DIGITS
        ),
        "calibration_error_before": round(expected_calibration_error(uncalibrated, label == prediction), DIGITS),
    }
    scores = precision_recall_fscore_support(label, prediction, labels=model.classes, zero_division=0)
    results["test_by_digit"] = {
        str(digit): {"precision": round(precision, DIGITS), "recall": round(recall, DIGITS), "f1": round(f1, DIGITS)}
        for digit, precision, recall, f1 in zip(model.classes, *map(np.ndarray.tolist, scores[:3]), strict=True)
    }
    return results


def write_csv(path: Path, table: pd.DataFrame) -> None:
    write_text(path, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


if __name__ == "__main__":
    cli.run(main, "python -m stages.evaluate data/processed models/model.npz metrics.json predictions.csv plots")
