"""Tell which digit, or what else the network has learned, is in a picture, and how sure it is."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.predict`")


import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isqrt, prod
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from dnn.base.errors import InputError
from dnn.model import Predictor
from dnn.shifts import Shifted
from stages.datasets.splits import caption, class_names, class_words
from stages.display.bars import printable
from stages.doubting.detector import Doubt
from stages.pictures.answers import Answer, print_csv, print_json, show
from stages.pictures.figure import draw, need_drawable
from stages.pictures.models import asked_shifts, dataset_of, doubt_for, load
from stages.pictures.sources import Picture, from_test_set, from_words, is_among
from stages.project import cli
from stages.project.paths import pipeline_path


def main(
    pictures: Annotated[list[str] | None, typer.Argument(help="Files, folders, globs, - for standard input")] = None,
    index: Annotated[list[int] | None, typer.Option(help="Number of a test image, from 0; repeatable")] = None,
    model: Annotated[Path | None, typer.Option(help="Model file, by default the one of dvc.yaml")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV")] = False,
    shifts: Annotated[
        int | None,
        typer.Option(min=0, max=3, help="Answer by the mean over moves of so many pixels; 0: by the picture as it is"),
    ] = None,
    with_bars: Annotated[
        bool | None, typer.Option("--bars/--no-bars", help="Show all probabilities; by default of one picture alone")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw pictures and probabilities to this file")] = None,
    interactive: Annotated[bool, typer.Option("--interactive", help="Ask for pictures in a loop")] = False,
) -> None:
    """Tell what is in each picture: which digit, or which class of its data set. Any size and colours."""
    if as_json + as_csv + interactive > 1:
        raise InputError("--json, --csv and --interactive exclude each other; give one of them")
    if (pictures or []).count("-") > 1:
        raise InputError("- , the standard input, is named more than once; name it once")
    if not (pictures or index or interactive):
        raise InputError("no picture given; name files, folders or - , or see --help for --index and --interactive")
    if figure:
        check_figure(figure, pictures or [], index or [])
    path = model or pipeline_path("model")
    network = load(path)
    if shifts is None:
        shifts = asked_shifts(model)
    if shifts:
        network = Shifted(network, shifts)
    answers, failed = ask(network, questions(network, pictures or [], index or []))
    doubt = doubt_for(network) if answers or interactive else None
    answers = doubted(answers, doubt)
    if as_json:
        print_json(answers)
    elif as_csv:
        print_csv(answers, [str(label) for label in network.classes], class_words(dataset_of(network))[0])
    else:
        show(answers, with_bars)
    if figure and answers:
        data = dataset_of(network)
        draw(figure, answers, f"data: {caption(data)}" if data else f"model {path}")
    if interactive:
        converse(network, doubt)
    if failed:
        raise typer.Exit(1)


def check_figure(path: Path, words: list[str], indexes: list[int]) -> None:
    """Raise InputError where there is nothing to draw, or it could not be written, or only over a picture."""
    if not (words or indexes):
        raise InputError(f"--figure {path} draws the pictures that are named beside it, not a conversation; name some")
    if is_among(path, words):
        raise InputError(f"--figure {path} is one of the pictures; name another file")
    need_drawable(path)


def questions(model: Predictor, words: list[str], indexes: list[int]) -> Iterator[Picture | InputError]:
    """The pictures as this model sees them, or why there is none."""
    dataset = dataset_of(model)
    yield from from_words(words, isqrt(prod(model.input_shape)), "classes" not in dataset)
    yield from from_test_set(indexes, class_names(dataset))


def ask(model: Predictor, found: Iterable[Picture | InputError]) -> tuple[list[Answer], bool]:
    """Answer every picture; print the errors at once, and tell whether there were any."""
    pictures, failed = [], False
    for item in found:
        if isinstance(item, Picture):
            pictures.append(item)
        else:
            failed = True
            print("error:", printable(str(item), sys.stderr.encoding), file=sys.stderr)
    if not pictures:
        return [], failed
    dataset = dataset_of(model)
    labels = dataset["classes"] if "classes" in dataset else [str(label) for label in model.classes]
    word, _ = class_words(dataset)
    probabilities = model.predict_proba(np.stack([picture.pixels for picture in pictures]))
    return [Answer(p, labels, row, word) for p, row in zip(pictures, probabilities, strict=True)], failed


def doubted(answers: list[Answer], doubt: Doubt | None) -> list[Answer]:
    """The answers, and which of them are doubtful, where there is a measure."""
    if not (answers and doubt):
        return answers
    doubts = doubt.doubts(np.stack([answer.picture.pixels for answer in answers]))
    return [replace(answer, doubtful=bool(is_strange)) for answer, is_strange in zip(answers, doubts, strict=True)]


def converse(model: Predictor, doubt: Doubt | None) -> None:
    """Ask for file names or test indexes until an empty line, q, or the end of the input."""
    while True:
        try:
            word = input("file or test index (q ends): ").strip().strip("'\"")
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if word in ("", "q"):
            return
        if word == "-":
            print("error: the standard input is this conversation; name a file", file=sys.stderr)
            continue
        answers, _ = ask(model, questions(model, [], [int(word)]) if word.isdecimal() else questions(model, [word], []))
        show(doubted(answers, doubt))


if __name__ == "__main__":
    cli.run(main, "python -m stages.predict digit.png --figure out.png")
