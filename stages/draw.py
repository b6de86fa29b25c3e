"""A page in which to draw a digit and see what the network makes of it."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.draw`")


import webbrowser
from math import prod
from pathlib import Path
from typing import Annotated

import typer

from dnn.base.errors import InputError
from dnn.model import Predictor
from dnn.shifts import Shifted
from stages.datasets.splits import class_names, load_split
from stages.display.draw_page import Sample, write_draw_page
from stages.pictures.models import asked_shifts, dataset_of, doubt_for, load
from stages.project import cli
from stages.project.paths import need_writable, pipeline_path

MISTAKES = 14  # of the test set that the page shows
AT_ONCE = 1000  # test images that are asked at a time, until there are so many mistakes


def main(
    model: Annotated[Path | None, typer.Option(help="Model file, by default the one of dvc.yaml")] = None,
    out: Annotated[Path | None, typer.Option(help="HTML file to write, by default the one of dvc.yaml")] = None,
    with_doubt: Annotated[bool, typer.Option("--doubt", help="Put the measure of doubt in, 1.7 MB")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open it in the browser")] = False,
) -> None:
    """Write a page in which to draw a digit and see what the network makes of it, and open it.

    The network is in the page, which needs no server and no internet.
    """
    page = out or pipeline_path("draw")
    need_writable(page)
    network = load(model or pipeline_path("model"))
    shifts = asked_shifts(model)
    asked = Shifted(network, shifts) if shifts else network
    try:
        groups = samples(asked)
    except InputError as error:
        cli.note(f"no test images on the page: {error}")
        groups = []
    doubt = doubt_for(network) if with_doubt else None
    write_draw_page(page, network, dataset_of(network), shifts, groups, doubt)
    print(f"{page}: {page.stat().st_size / 1000:,.0f} kB, open it in a browser")
    if not no_open:
        webbrowser.open(page.resolve().as_uri())


def samples(network: Predictor) -> list[tuple[str, list[Sample]]]:
    """Test images: one of each class that the network answers rightly, and its first mistakes."""
    test = load_split(pipeline_path("processed") / "test.npz")
    names = class_names(test.dataset)
    if names != class_names(dataset_of(network)) or test.images.shape[1] != prod(network.input_shape):
        raise InputError(f"they are of {test.dataset['name']}, the model learned another data set")
    right: dict[int, Sample] = {}
    wrong: list[Sample] = []
    for start in range(0, len(test.images), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        answers = network.logits(test.images[part]).argmax(axis=1)
        for index, (answer, label) in enumerate(zip(answers, test.digits[part], strict=True), start):
            sample = Sample(index, test.images[index], names[label])
            if answer == label:
                right.setdefault(int(label), sample)
            else:
                wrong.append(sample)
        if len(wrong) >= MISTAKES and len(right) == len(names):
            break
    return [
        ("One of each", [right[label] for label in sorted(right)]),
        ("Some mistakes", wrong[:MISTAKES]),
    ]


if __name__ == "__main__":
    cli.run(main, "python -m stages.draw --out draw.html")
