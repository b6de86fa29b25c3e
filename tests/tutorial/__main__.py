"""`python -m tests.tutorial`: the figures and the measured lines of the tutorial in dnn/README.md."""

from tests.tutorial import measure  # first, as it chooses the kernels that NumPy computes with

# isort: split

import json
from typing import Annotated

import typer

from dnn.base.errors import InputError
from dnn.base.files import read_text, write_text
from stages.project import cli
from stages.project.paths import pipeline_path, top
from stages.workers.parallel import Count, Workers
from stages.workers.task import load_data
from tests.tutorial import drawing, page


def main(
    redraw: Annotated[bool, typer.Option(help="from what was measured last; only the lesson is trained")] = False,
    workers: Count = None,
) -> None:
    """Train the tutorial's networks on MNIST, some minutes on two cores; write reports/tutorial and dnn/README.md."""
    folder, readme = pipeline_path("metrics").parent / "tutorial", top() / "dnn" / "README.md"
    kept = folder / "measured.json"
    data = load_data(pipeline_path("processed"))
    if data.train.dataset["name"] != "MNIST":
        raise InputError(
            f"the tutorial is about MNIST, data/processed has {data.train.dataset['name']}; prepare that first"
        )
    printed, weights = measure.told()
    if redraw:
        record = json.loads(read_text(kept)) | {"lesson": printed}
    else:
        at_once = Workers(count=workers)
        record = {
            "lesson": printed,
            "memory": measure.new_memory(data.train.images[:50], data.train.labels[:50]),
            "pixels": measure.pixels(data, at_once),
            "depths": measure.depths(data, at_once),
            "steps": measure.steps(data, at_once),
        }
    drawing.draw(record, weights, data.train.images, folder)
    write_text(kept, json.dumps(record, indent=1) + "\n")
    write_text(readme, page.filled(read_text(readme), record))
    print(f"{folder}, {readme}")


if __name__ == "__main__":
    cli.run(main)
