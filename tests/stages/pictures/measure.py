"""A table of how pictures of every condition are answered: how many rightly, how many wrongly and yet confidently.

python -m tests.stages.pictures.measure reports/pictures/conditions.csv models/model.npz another/model.npz
"""

import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from dnn.base.errors import InputError
from dnn.base.files import replacing
from dnn.formats.model_file import load_model
from dnn.model import Predictor
from stages.datasets.splits import Split, load_split
from stages.doubting.detector import Doubt
from stages.doubting.detector import load as load_doubt
from stages.pictures.digits import digits_in
from stages.project.paths import pipeline_path
from tests.stages.pictures import strange
from tests.stages.pictures.conditions import CONDITIONS

COUNT = 500  # pictures of each condition
CONFIDENT = 0.9
FIRST = 5000  # the test images before it served to make the code what it is
OUTCOMES = ("right", "right but doubted", "wrong and confident", "wrong and doubted", "refused")

Example = tuple[Image.Image, str]  # a picture and its digits, as the answer to it should be


def examples(test: Split) -> Iterator[tuple[str, Iterable[Example]]]:
    """The name of each condition, and its pictures."""
    inks, truths = test.images[FIRST:].reshape(-1, 28, 28), test.digits[FIRST:]

    def single(draw: Callable) -> Iterator[Example]:
        rng = np.random.default_rng(1)
        return ((draw(inks[k], rng), str(truths[k])) for k in range(COUNT))

    def several(many: int) -> Iterator[Example]:
        rng = np.random.default_rng(1)
        for k in range(0, many * COUNT, many):
            image = strange.side_by_side(list(inks[k : k + many]), int(rng.integers(0, 60)))
            yield image, "".join(map(str, truths[k : k + many]))

    for name, draw in CONDITIONS.items():
        yield name, single(draw)
    yield "two digits", several(2)
    yield "three digits", several(3)
    yield "letters", ((image, "") for image in strange.letters())
    yield "shapes", ((strange.shape(name), "") for name in strange.SHAPES)
    yield "noise", ((strange.noise(np.random.default_rng(seed)), "") for seed in range(COUNT))


def measured(models: list[Predictor], doubt: Doubt, pictures: Iterable[Example]) -> Iterator[dict[str, float]]:
    """Percentages of the outcomes for each model."""
    outcomes: list[Counter[str]] = [Counter() for _ in models]
    seconds = []
    for image, truth in pictures:
        start = time.perf_counter()
        try:
            images = np.stack([digit for row in digits_in(image) for digit in row])
        except InputError:
            images = np.empty((0, 784), np.float32)
        seconds.append(time.perf_counter() - start)
        is_doubted = len(images) > 0 and bool(doubt.doubts(images).any())
        for model, counter in zip(models, outcomes, strict=True):
            counter[outcome(model, images, is_doubted, truth)] += 1
    for counter in outcomes:
        shares = {name: round(100 * counter[name] / len(seconds), 2) for name in OUTCOMES}
        yield {"pictures": len(seconds), **shares, "milliseconds": round(1000 * float(np.median(seconds)))}


def outcome(model: Predictor, images: np.ndarray, is_doubted: bool, truth: str) -> str:
    """One of OUTCOMES. Of several digits the least certain counts."""
    if not len(images):
        return "refused"
    probabilities = model.predict_proba(images)
    is_right = "".join(str(model.classes[row.argmax()]) for row in probabilities) == truth
    if is_right:
        return "right but doubted" if is_doubted else "right"
    if is_doubted or probabilities.max(axis=1).min() <= CONFIDENT:
        return "wrong and doubted"
    return "wrong and confident"


def main(table: str, *paths: str) -> None:
    """Write the table for these models."""
    models = [load_model(path) for path in paths]
    doubt, test = load_doubt(pipeline_path("doubt")), load_split(pipeline_path("processed") / "test.npz")
    rows = []
    for name, pictures in examples(test):
        for path, shares in zip(paths, measured(models, doubt, pictures), strict=True):
            rows.append({"model": Path(path).stem, "condition": name, **shares})
            print(*rows[-1].values(), sep="\t", flush=True)
    with replacing(Path(table)) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
