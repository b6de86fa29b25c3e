"""A table of how pictures of every condition are answered: how many rightly, how many wrongly and yet confidently.

python -m tests.stages.pictures.measure models/model.npz data/processed/test.npz reports/pictures/conditions.csv 500
"""

import csv
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from dnn.base.errors import InputError
from dnn.base.files import replacing
from dnn.formats.model_file import load_model
from dnn.model import Predictor
from stages.datasets.splits import Split, load_split
from stages.pictures.digits import digits_in
from tests.stages.pictures import strange
from tests.stages.pictures.conditions import CONDITIONS

CONFIDENT = 0.9
FIRST = 5000  # the test images before it served to make the code what it is
COLUMNS = (
    "condition",
    "pictures",
    "right",
    "wrong and confident",
    "wrong and doubted",
    "other number of digits",
    "refused",
    "milliseconds",
)

Example = tuple[Image.Image, str]  # a picture and its digits, as the answer to it should be


def examples(test: Split, count: int) -> Iterator[tuple[str, Callable[[np.random.Generator], Iterator[Example]]]]:
    """The name of each condition, and what draws its pictures."""
    inks = test.images[FIRST:].reshape(-1, 28, 28)
    truths = test.digits[FIRST:]

    def single(draw: Callable) -> Callable:
        return lambda rng: ((draw(inks[k], rng), str(truths[k])) for k in range(count))

    def several(many: int) -> Callable:
        def drawn(rng: np.random.Generator) -> Iterator[Example]:
            for k in range(count):
                chosen = range(many * k, many * k + many)
                gap = int(rng.integers(0, 60))
                yield strange.side_by_side([inks[i] for i in chosen], gap), "".join(str(truths[i]) for i in chosen)

        return drawn

    for name, draw in CONDITIONS.items():
        yield name, single(draw)
    yield "two digits", several(2)
    yield "three digits", several(3)
    yield "letters", lambda rng: ((image, "") for image in strange.letters())
    yield "shapes", lambda rng: ((strange.shape(name), "") for name in strange.SHAPES)
    yield "noise", lambda rng: ((strange.noise(rng), "") for _ in range(count))


def measured(model: Predictor, pictures: Iterator[Example]) -> list[float]:
    """The columns after the name. Of several digits the least confident counts; a picture without any is right where it
    is refused.
    """
    outcomes, seconds = [], []
    for image, truth in pictures:
        start = time.perf_counter()
        try:
            images = np.stack([digit for row in digits_in(image) for digit in row])
        except InputError:
            images = np.empty((0, 784), np.float32)
        seconds.append(time.perf_counter() - start)
        outcomes.append(outcome(model, images, truth))
    shares = [outcomes.count(name) / len(outcomes) for name in COLUMNS[2:7]]
    return [len(outcomes), *(round(100 * share, 2) for share in shares), round(1000 * float(np.median(seconds)))]


def outcome(model: Predictor, images: np.ndarray, truth: str) -> str:
    """The column that counts this answer."""
    if not len(images):
        return "refused"
    probabilities = model.predict_proba(images)
    if "".join(str(model.classes[row.argmax()]) for row in probabilities) == truth:
        return "right"
    if len(images) != len(truth) and truth:
        return "other number of digits"
    return "wrong and doubted" if probabilities.max(axis=1).min() <= CONFIDENT else "wrong and confident"


def main(
    model: str,
    test: str = "data/processed/test.npz",
    table: str = "reports/pictures/conditions.csv",
    count: str = "500",
) -> None:
    network, split = load_model(model), load_split(test)
    rows = []
    for name, draw in examples(split, int(count)):
        rows.append([name, *measured(network, draw(np.random.default_rng(1)))])
        print(*rows[-1], sep="\t", flush=True)
    with replacing(Path(table)) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main(*sys.argv[1:])
