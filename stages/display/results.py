"""The results of a trained network, as the report and the model card tell them: sentences and rows of tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.figures.doubt import doubted
from stages.figures.findings import (
    Table,
    coverage,
    faultless,
    interval,
    leaving,
    most_confused,
    shown,
    sureness,
    surest_errors,
)

BOUNDS = (0.0, 0.5, 0.9, 0.95, 0.99, 0.999)  # confidences below which an image is left to a person


@dataclass(frozen=True)
class Results:
    """The findings of the stages before.

    Args:
        headline: of metrics.json.
        origin: of provenance.json.
        images: how many are in train, val and test.
        kept: epochs whose weights were kept, as `stages.training.history.kept_epochs` gives them.
        table: of predictions.csv.
        by_class: of classes.csv: class, images, precision, recall, f1.
        names: of the classes.
        one, many: the words for a class and for several.
        found: which other things are doubted; None where there is no measure of doubt.
    """

    headline: Mapping[str, Any]
    origin: Mapping[str, Any]
    images: Mapping[str, int]
    kept: Sequence[int]
    table: Table
    by_class: Table
    names: Sequence[str]
    one: str
    many: str
    found: Mapping[str, Any] | None

    def values(self) -> dict[str, Any]:
        """All of it by the names that the templates have."""
        headline, temperature = self.headline, self.origin["temperature"]
        accuracy, n = headline["test_accuracy"], self.images["test"]
        surest = surest_errors(self.table)[:1]
        return {
            "name": self.origin["dataset"]["name"],
            "images": self.images,
            "word": self.one,
            "words": self.many,
            "accuracy": f"{accuracy:.2%}",
            "interval": interval(accuracy * n, n),
            "errors": int(headline["test_errors"]),
            "weights": self.origin["weights"],
            "model": self.origin["model"],
            "epochs": int(headline["epochs"]),
            "kept": ", ".join(map(str, self.kept)),
            "second": f"{headline['test_top2_accuracy']:.2%}",
            "sureness": sureness(self.table),
            "calibration": f"{headline['test_calibration_error']:.4f}",
            "calibration_before": f"{headline['test_calibration_error_before']:.4f}",
            "temperature": f"{temperature:.3g}",
            "confused": most_confused(self.table, self.names),
            "surest": f"{self.table['confidence'][surest[0]]:.2%}" if len(surest) else "",
            "leaving": leaving(coverage(self.table)),
            "doubted": doubted(self.found) if self.found else "",
            "splits": list(self.splits()),
            "classes": list(self.classes()),
            "bounds": list(self.bounds()),
            "gap": gap(headline["train_accuracy"], accuracy),
            "provenance": list(facts(self.origin)),
            "parameters": list(facts(self.origin["parameters"])),
        }

    def splits(self) -> Iterator[tuple[str, ...]]:
        """Of the images of each set: how many, accuracy, its interval, and loss."""
        for key, name in (("train", "training"), ("val", "validation"), ("test", "test")):
            accuracy, n = self.headline[f"{key}_accuracy"], self.images[key]
            loss = f"{self.headline[f'{key}_loss']:.4f}"
            yield name, f"{n:,}", f"{accuracy:.2%}", interval(accuracy * n, n), loss

    def classes(self) -> Iterator[tuple[str, ...]]:
        """Of each class: images, recall, its interval, precision and F1, the least F1 first."""
        scores = self.by_class
        for row in np.argsort(scores["f1"], kind="stable"):
            n, recall, precision, f1 = (scores[name][row] for name in ("images", "recall", "precision", "f1"))
            span = interval(recall * n, n) if n else "-"
            yield scores["class"][row], f"{n:,}", f"{recall:.2%}", span, f"{precision:.2%}", f"{f1:.2%}"

    def bounds(self) -> Iterator[tuple[str, ...]]:
        """Of each bound: the images left to a person, the errors among the others, and the interval of their share."""
        of = coverage(self.table)
        n, none = int(of.answered[0]), faultless(of)
        for bound in sorted({*BOUNDS, *([none] if none else [])}):
            answered, errors = of.at(bound)
            if answered:
                yield shown(bound), f"{1 - answered / n:.2%}", f"{errors:,}", interval(errors, answered)


def gap(train: float, test: float) -> str:
    """A sentence on how much better it knows what it has learned from."""
    points = 100 * (train - test)
    return (
        f"{train:.2%} of the training images, as they are, and {test:.2%} of the test images are read right: "
        f"{abs(points):.2f} percentage points {'less' if points >= 0 else 'more'}"
    )


def facts(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Name and value of each fact behind the model; the parameters have a place of their own."""
    for name, value in values.items():
        if isinstance(value, dict) and name != "parameters":
            yield from facts(value, f"{prefix}{name} ")
        elif name != "parameters":
            yield f"{prefix}{name}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)
