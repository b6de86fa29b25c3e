"""One page that tells how good the network is and where it fails."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.report`")


import json
import os
from collections.abc import Iterator, Mapping, Sequence
from numbers import Number
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from dnn.base.errors import InputError
from dnn.base.files import read_text
from stages.datasets.splits import caption, class_names, class_words
from stages.display.pages import write_page
from stages.figures.catalogue import CATALOGUE
from stages.figures.results import PREDICTIONS, Table, load_predictions, load_table, need_columns
from stages.project import cli

CARDS = {  # to be read first: the metric, its label and its form
    "test_accuracy": ("test accuracy", "{:.2%}"),
    "test_errors": ("errors", "{:,}"),
    "test_top2_accuracy": ("second guess right", "{:.2%}"),
    "test_loss": ("test loss", "{:.4f}"),
    "test_calibration_error": ("calibration error", "{:.4f}"),
    "epochs": ("epochs", "{}"),
}


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
    headline = read_json(metrics, "evaluate", dict.fromkeys(CARDS, Number))
    origin = read_json(provenance, "train", {"dataset": dict, "weights": int, "model": str})
    data = origin["dataset"]
    try:
        about = caption(data)
    except KeyError as error:
        raise InputError(f"{provenance} tells no {error} of its data set; `dvc repro -f train` makes it anew") from None
    classes = scores / "classes.csv"
    need_columns(predictions, *PREDICTIONS)
    need_columns(classes, "class", "precision", "recall", "f1")
    table = load_predictions(predictions)
    one, many = class_words(data)
    drawn = [(name, entry, figures / f"{name}.png") for name, entry in CATALOGUE.items()]
    if not any(path.exists() for *_, path in drawn):
        raise InputError(f"{figures} has none of the figures; `dvc repro plots` draws them")
    cards = [(label, form.format(headline[name])) for name, (label, form) in CARDS.items()]
    write_page(
        report,
        "report.html",
        title=f"Prediction report: {data['name']}",
        dataset=about,
        cards=[*cards, ("weights", f"{origin['weights']:,}")],
        confusions=confusions(table, class_names(data)),
        hardest=hardest(load_table(classes, texts=["class"])),
        word=one,
        words=many,
        figures=[
            (name.replace("_", " ").capitalize(), entry.caption.format(one=one, many=many), path.read_bytes())
            for name, entry, path in drawn
            if path.exists()
        ],
        metrics=[(name, f"{value:.6g}") for name, value in headline.items() if isinstance(value, Number)],
        provenance=list(facts(origin)),
        run=Path(os.path.relpath(runs / f"{origin['model'][:16]}.js", report.parent)).as_posix(),
        parameters=read_text("params.yaml"),
    )
    print(f"{report}: open it in a browser")


def read_json(path: Path, stage: str, kinds: Mapping[str, type]) -> dict[str, Any]:
    """The content of a JSON file that the stage wrote, which must have these names with values of these kinds."""
    remedy = f"give the file that {stage} writes; `dvc repro -f {stage}` makes it anew"
    try:
        content: dict[str, Any] = json.loads(read_text(path))
    except FileNotFoundError:
        raise InputError(f"{path} is missing; `dvc repro {stage}` makes it") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}); {remedy}") from None
    found = content if isinstance(content, dict) else {}
    if wrong := [name for name, kind in kinds.items() if not isinstance(found.get(name), kind)]:
        raise InputError(f"{path} is another file, or of another version: no {', '.join(wrong)} in it; {remedy}")
    return content


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
    cli.run(main, "python -m stages.report metrics.json predictions.csv scores provenance.json figures runs r.html")
