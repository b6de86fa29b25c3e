"""One page that tells how good the network is and where it fails."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.report`")


import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from dnn.base.errors import InputError, shown
from dnn.base.files import read_text
from dnn.base.strict_json import is_of
from stages.datasets.splits import COUNTED, caption, check_dataset, class_names, class_words
from stages.display.pages import write_page
from stages.figures.catalogue import CATALOGUE
from stages.figures.results import Table, load_predictions
from stages.project import cli
from stages.project.outputs import check_range, read_output, read_table, remedy

CARDS = {  # to be read first: the metric, its label and its form
    "test_accuracy": ("test accuracy", "{:.2%}"),
    "test_errors": ("errors", "{:,}"),
    "test_top2_accuracy": ("second guess right", "{:.2%}"),
    "test_loss": ("test loss", "{:.4f}"),
    "test_calibration_error": ("calibration error", "{:.4f}"),
    "epochs": ("epochs", "{}"),
}
CLASSES = {"class": str, "precision": float, "recall": float, "f1": float}


def main(
    metrics: Annotated[Path, typer.Argument(help="Headline scores, metrics.json")],
    predictions: Annotated[Path, typer.Argument(help="CSV file with the prediction on every test image")],
    scores: Annotated[Path, typer.Argument(help="Folder with the scores of each class, classes.csv")],
    provenance: Annotated[Path, typer.Argument(help="Origin of the model, provenance.json")],
    figures: Annotated[Path, typer.Argument(help="Folder with the PNG files")],
    runs: Annotated[Path, typer.Argument(help="Folder with what is known of single trainings, which is linked to")],
    report: Annotated[Path, typer.Argument(help="HTML file to write")],
) -> None:
    """Write figures, metrics and parameters into one HTML file that needs nothing else."""
    headline = read_output(metrics, "evaluate", dict.fromkeys(CARDS, float))
    origin = read_output(provenance, "train", {"dataset": dict, "weights": int, "model": str})
    if not re.fullmatch("[0-9a-f]{64}", origin["model"]):  # which names a file to the page
        raise InputError(f"{provenance} is damaged: model is {shown(origin['model'])}, no SHA-256; {remedy('deliver')}")
    try:
        check_dataset(data := origin["dataset"], COUNTED)
    except InputError as error:
        raise InputError(f"{provenance} {error}; {remedy('train')}") from None
    names, (one, many) = class_names(data), class_words(data)
    table = load_predictions(predictions, data["test_images"], len(names))
    by_class = read_table(classes := scores / "classes.csv", "evaluate", CLASSES, len(names))
    check_range(classes, "evaluate", by_class, ("precision", "recall", "f1"), 1)
    drawn = [(name, entry, figures / f"{name}.png") for name, entry in CATALOGUE.items()]
    if not any(path.exists() for *_, path in drawn):
        raise InputError(f"{figures} has none of the figures; `dvc repro plots` draws them")
    cards = [(label, form.format(headline[name])) for name, (label, form) in CARDS.items()]
    write_page(
        report,
        "report.html",
        title=f"Prediction report: {data['name']}",
        dataset=caption(data),
        cards=[*cards, ("weights", f"{origin['weights']:,}")],
        confusions=confusions(table, names),
        hardest=hardest(by_class),
        word=one,
        words=many,
        figures=[
            (name.replace("_", " ").capitalize(), entry.caption.format(one=one, many=many), path.read_bytes())
            for name, entry, path in drawn
            if path.exists()
        ],
        metrics=[(name, f"{value:.6g}") for name, value in headline.items() if is_of(value, float)],
        provenance=list(facts(origin)),
        run=Path(os.path.relpath(runs / f"{origin['model'][:16]}.js", report.parent)).as_posix(),
        parameters=read_text("params.yaml"),
    )
    print(f"{report}: open it in a browser")


def confusions(table: Table, names: Sequence[str], most: int = 10) -> list[tuple[str, str, int, str]]:
    """The pairs of classes that are mixed up most often: actual, taken for, how often, with which mean confidence."""
    wrong = table["label"] != table["prediction"]
    pairs = np.stack([table["label"][wrong], table["prediction"][wrong]], axis=1)
    pairs, index, counts = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    sure = np.bincount(index, table["confidence"][wrong], len(pairs)) / counts
    order = np.lexsort((-sure, -counts))[:most]
    return [(*(names[label] for label in pairs[k]), int(counts[k]), f"{sure[k]:.1%}") for k in order]


def hardest(scores: Table) -> list[tuple[Any, ...]]:
    """Class, precision, recall and F1, the least F1 first."""
    rows = zip(*(scores[name][np.argsort(scores["f1"], kind="stable")] for name in scores), strict=True)
    return [(name, *(f"{score:.2%}" for score in others)) for name, *others in rows]


def facts(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Name and value of each fact behind the model; the parameters have a place of their own."""
    for name, value in values.items():
        if isinstance(value, dict) and name != "parameters":
            yield from facts(value, f"{prefix}{name} ")
        elif name != "parameters":
            yield f"{prefix}{name}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    cli.run(
        main,
        "python -m stages.report metrics.json predictions.csv scores provenance.json figures runs r.html",
        writes=["report"],
    )
