"""Tell which digit, or what else the network has learned, is in a picture, and how sure it is."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.predict`")


import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isqrt, prod
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from dnn.base.errors import InputError
from dnn.base.files import THERE, check_file
from dnn.formats.model_file import load_model
from dnn.model import Predictor
from dnn.shifts import Shifted
from stages.datasets.centring import SIDE
from stages.datasets.splits import caption, class_names, class_words
from stages.display.bars import printable
from stages.doubting.detector import Doubt
from stages.doubting.detector import load as load_doubt
from stages.pictures.answers import Answer, print_csv, print_json, show
from stages.pictures.figure import draw, need_drawable
from stages.pictures.sources import Picture, from_test_set, from_words, is_among
from stages.project import cli, params
from stages.project.paths import pipeline_path, top


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
    if shifts is None and not model and (top() / "params.yaml").exists():
        shifts = params.load(params.Evaluate).shifts  # it answers as it was measured
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
        draw(figure, answers, f"trained on {caption(data)}" if data else f"model {path}")
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


def load(path: Path) -> Predictor:
    """Read the model and see that it takes the pixels of a square picture."""
    check_file(path, "run `make repro`, which trains a model" if path == pipeline_path("model") else THERE)
    model = load_model(path)
    if "threshold" in model.about:
        raise InputError(f"{path} is the measure of doubt, which tells no digits; leave --model out, or give another")
    shape, names = model.input_shape, class_names(dataset_of(model), str(path))
    pixels = prod(shape)
    if pixels != isqrt(pixels) ** 2 or ("classes" not in dataset_of(model) and pixels != SIDE**2):
        raise InputError(f"{path} takes inputs of shape {shape}, a picture has {SIDE**2} pixels; give another --model")
    if len(names) != len(model.classes) and "classes" in dataset_of(model):
        raise InputError(f"{path} tells {len(model.classes)} classes, but has {len(names)} names; give another --model")
    return model


def dataset_of(model: Predictor) -> dict[str, Any]:
    """The facts in the model's file about the data set that it learned; none where it is silent, and has digits."""
    about = model.about.get("dataset")
    return about if isinstance(about, dict) else {}


def doubt_for(model: Predictor) -> Doubt | None:
    """The measure of doubt of the model's data set; None, after a note, where there is none."""
    name = dataset_of(model).get("name")
    try:
        path = pipeline_path("doubt")
        doubt = load_doubt(path)
        learned = doubt.about["dataset"]["name"]
        if name in (None, learned):
            return doubt
        reason = f"{path} is of {learned}, the model learned {name}"
    except InputError as error:
        reason = str(error)
    print(f"note: nothing is doubted: {printable(reason, sys.stderr.encoding)}", file=sys.stderr)
    return None


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
