"""Tell which digit is in a picture, and how sure the network is."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.predict`")


import sys
from collections.abc import Iterable
from itertools import chain
from math import prod
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from dnn.base.errors import InputError
from dnn.formats.model_file import load_model
from dnn.model import Predictor
from stages.datasets.splits import PIXELS, caption
from stages.display.bars import printable
from stages.pictures.answers import Answer, print_csv, print_json, show
from stages.pictures.figure import draw
from stages.pictures.sources import Picture, from_test_set, from_words
from stages.project import cli
from stages.project.paths import need_writable, pipeline_path


def main(
    pictures: Annotated[list[str] | None, typer.Argument(help="Files, folders, globs, - for standard input")] = None,
    index: Annotated[list[int] | None, typer.Option(help="Number of a test image, from 0; repeatable")] = None,
    model: Annotated[Path | None, typer.Option(help="Model file, by default the one of dvc.yaml")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV")] = False,
    figure: Annotated[Path | None, typer.Option(help="Draw pictures and probabilities to this file")] = None,
    interactive: Annotated[bool, typer.Option("--interactive", help="Ask for pictures in a loop")] = False,
) -> None:
    """Tell which digit is in each picture. Any size and colours; one digit in a picture."""
    if as_json + as_csv + interactive > 1:
        raise InputError("--json, --csv and --interactive exclude each other; give one of them")
    if not (pictures or index or interactive):
        raise InputError("no picture given; name files, folders or - , or see --help for --index and --interactive")
    if figure:
        need_writable(figure)
    path = model or pipeline_path("model")
    network = load(path)
    answers, failed = ask(network, chain(from_words(pictures or []), from_test_set(index or [])))
    if as_json:
        print_json(answers)
    elif as_csv:
        print_csv(answers, [str(label) for label in network.classes])
    else:
        show(answers)
    if figure and answers:
        data = network.about.get("dataset")
        draw(figure, answers, f"trained on {caption(data)}" if isinstance(data, dict) else f"model {path}")
    if interactive:
        converse(network)
    if failed:
        raise typer.Exit(1)


def load(path: Path) -> Predictor:
    """Read the model and see that it takes MNIST's pixels."""
    if not path.is_file():
        raise InputError(f"there is no trained model at {path}; run `make repro`")
    model = load_model(path)
    shape = model.input_shape
    if prod(shape) != PIXELS:
        raise InputError(f"{path} takes inputs of shape {shape}, a picture has {PIXELS} pixels; give another --model")
    return model


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
    labels = [str(label) for label in model.classes]
    probabilities = model.predict_proba(np.stack([picture.pixels for picture in pictures]))
    return [Answer(p, labels, row) for p, row in zip(pictures, probabilities, strict=True)], failed


def converse(model: Predictor) -> None:
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
        answers, _ = ask(model, from_test_set([int(word)]) if word.isdecimal() else from_words([word]))
        show(answers)


if __name__ == "__main__":
    cli.run(main, "python -m stages.predict digit.png --figure out.png")
