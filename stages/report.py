"""One page that tells how good the network is and where it fails, and its model card."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.report`")


import os
import re
from collections.abc import Iterator, Mapping
from math import isqrt, prod
from pathlib import Path
from typing import Annotated, Any

import typer

from dnn.base.errors import InputError, shown
from dnn.base.files import read_text
from dnn.formats.model_file import load_model
from stages.datasets.splits import COUNTED, caption, check_dataset, class_names, class_words
from stages.display.pages import read_picture, write_page
from stages.display.results import Results
from stages.doubting.detector import found_by
from stages.figures.architecture import architecture
from stages.figures.catalogue import QUESTIONS
from stages.figures.results import load_predictions
from stages.project import cli
from stages.project.outputs import check_range, read_output, read_table, remedy
from stages.training.history import kept_epochs

METRICS = (
    *("epochs", "train_accuracy", "train_loss", "val_accuracy", "val_loss", "test_accuracy", "test_loss"),
    *("test_errors", "test_top2_accuracy", "test_calibration_error", "test_calibration_error_before"),
)
ORIGIN = {"dataset": dict, "weights": int, "temperature": float, "model": str, "parameters": dict}
CLASSES = {"class": str, "images": int, "precision": float, "recall": float, "f1": float}


def main(
    metrics: Annotated[Path, typer.Argument(help="Headline scores, metrics.json")],
    predictions: Annotated[Path, typer.Argument(help="CSV file with the prediction on every test image")],
    scores: Annotated[Path, typer.Argument(help="Folder with the scores of each class, classes.csv")],
    model: Annotated[Path, typer.Argument(help="Trained model")],
    doubt: Annotated[Path, typer.Argument(help="Measure of doubt")],
    training: Annotated[Path, typer.Argument(help="Folder with the origin of the model, provenance.json")],
    figures: Annotated[Path, typer.Argument(help="Folder with the PNG files")],
    runs: Annotated[Path, typer.Argument(help="Folder with what is known of single trainings, which is linked to")],
    draw: Annotated[Path, typer.Argument(help="Page to draw a digit on, which is linked to")],
    report: Annotated[Path, typer.Argument(help="HTML file to write")],
    card: Annotated[Path, typer.Argument(help="Model card to write, Markdown")],
) -> None:
    """Write figures, metrics and parameters into one HTML file that needs nothing else, and a model card."""
    results = read_results(metrics, predictions, scores, doubt, training)
    if not any(path.exists() for path in (figures / f"{name}.png" for q in QUESTIONS.values() for name in q.figures)):
        raise InputError(f"{figures} has none of the figures; `dvc repro plots` draws them")
    trained = load_model(model)
    words = {"one": results.one, "many": results.many}
    values = {
        **results.values(),
        "dataset": caption(results.origin["dataset"]),
        "network": architecture(trained),
        "side": isqrt(prod(trained.input_shape)),
        "layers": trained.networks[0].summary(),
        "is_digits": results.many == "digits",
    }
    write_page(
        report,
        "report.html",
        title=f"Prediction report: {values['name']}",
        questions=[
            (slug, question.heading.format(**words), list(pictures(question.figures, figures, words)))
            for slug, question in QUESTIONS.items()
        ],
        run=beside(report, runs / f"{values['model'][:16]}.js"),
        draw=beside(report, draw),
        yaml=read_text("params.yaml"),
        **values,
    )
    write_page(card, "model_card.md", **values)
    print(f"{report}: open it in a browser; {card}")


def beside(report: Path, path: Path) -> str:
    """The way from the report to another file, as a link has it."""
    return Path(os.path.relpath(path, report.parent)).as_posix()


def read_results(metrics: Path, predictions: Path, scores: Path, doubt: Path, training: Path) -> Results:
    """The results that the stages before have written; InputError where a file is missing, damaged or another."""
    headline = read_output(metrics, "evaluate", dict.fromkeys(METRICS, float))
    for name in (name for name in METRICS if name.endswith("accuracy")):
        if not 0 <= headline[name] <= 1:
            told = f"{name} is {headline[name]:g}, it should be 0 to 1"
            raise InputError(f"{metrics} is damaged: {told}; {remedy('evaluate')}")
    origin = read_output(provenance := training / "provenance.json", "train", ORIGIN)
    if not re.fullmatch("[0-9a-f]{64}", origin["model"]):  # which names a file to the page
        raise InputError(f"{provenance} is damaged: model is {shown(origin['model'])}, no SHA-256; {remedy('deliver')}")
    try:
        check_dataset(data := origin["dataset"], COUNTED)
    except InputError as error:
        raise InputError(f"{provenance} {error}; {remedy('train')}") from None
    val = read_output(training / "statistics.json", "deliver", {"val_images": int})["val_images"]
    if not 0 < val < data["train_images"]:
        told = f"{val} validation images of {data['train_images']}"
        raise InputError(f"{training / 'statistics.json'} is damaged: {told}; {remedy('deliver')}")
    names, (one, many) = class_names(data), class_words(data)
    table = load_predictions(predictions, data["test_images"], len(names))
    by_class = read_table(classes := scores / "classes.csv", "evaluate", CLASSES, len(names))
    check_range(classes, "evaluate", by_class, ("precision", "recall", "f1"), 1)
    check_range(classes, "evaluate", by_class, ("images",), data["test_images"])
    images = {"train": data["train_images"] - val, "val": val, "test": data["test_images"]}
    try:
        found = found_by(doubt)
    except InputError:
        found = None
    return Results(headline, origin, images, kept_epochs(training), table, by_class, names, one, many, found)


def pictures(entries: Mapping[str, Any], folder: Path, words: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The page's entry for each figure that was drawn."""
    for name, entry in entries.items():
        if (path := folder / f"{name}.png").exists():
            yield {"name": name, "caption": entry.caption.format(**words), **read_picture(path)}


if __name__ == "__main__":
    cli.run(
        main,
        "python -m stages.report metrics.json predictions.csv scores model.npz doubt.npz reports/train figures runs "
        "draw.html report.html card.md",
        writes=["report", "card"],
    )
