"""A table of how pictures of every condition are answered: how many rightly, how many wrongly and yet confidently.

python -m tests.stages.pictures.measure reports/pictures default.npz cnn.npz
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from dnn.base.errors import InputError
from dnn.base.files import write_text
from dnn.formats.model_file import load_single
from dnn.model import Model
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
HEAD = """# Pictures of every condition

![One picture of every condition, and what the network sees](conditions.png)

Percent of pictures, drawn of MNIST's test images from {first:,} on, by which nothing was chosen. Doubted is what
`predict` calls doubtful, and a wrong answer that is at most {confident:.0%} sure; other wrong answers are confident.
Of several digits all have to be right, and the least certain counts. Of letters, shapes and noise every answer is
wrong. Refused is what is answered by one line, that there is no digit. `python -m tests.stages.pictures.measure` makes
this page, in which each model has the name of its file.

## By model

{models}
A single digit: the mean over the conditions down to "{last}". Each network answers by itself, without shifts.

## By condition

The answers of {first_model}:

"""
TOGETHER = "a single digit"
MORE = dict.fromkeys(("photo of a sheet", "two digits", "three digits"), "right") | {"letters": "wrong and confident"}

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


def measured(models: list[Model], doubt: Doubt, pictures: Iterable[Example]) -> tuple[int, list[dict[str, float]]]:
    """How many pictures there are, and for each model the percentages of the outcomes."""
    outcomes: list[Counter[str]] = [Counter() for _ in models]
    for image, truth in pictures:
        try:
            images = np.stack([digit for row in digits_in(image) for digit in row])
        except InputError:
            images = np.empty((0, 784), np.float32)
        is_doubted = len(images) > 0 and bool(doubt.doubts(images).any())
        for model, counter in zip(models, outcomes, strict=True):
            counter[outcome(model, images, is_doubted, truth)] += 1
    count = outcomes[0].total()
    return count, [{name: 100 * counter[name] / count for name in OUTCOMES} for counter in outcomes]


def outcome(model: Model, images: np.ndarray, is_doubted: bool, truth: str) -> str:
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


def page(models: dict[str, Model], counts: dict[str, int], shares: dict[str, list[dict[str, float]]]) -> str:
    """Two tables in Markdown: all models by what was drawn, and the first by condition."""
    of_models = [[name, f"{model.network.params.size:,}"] for name, model in models.items()]
    for place, row in enumerate(of_models):
        single = [shares[name][place] for name in CONDITIONS]
        row += [f"{np.mean([share[what] for share in single]):.2f}" for what in OUTCOMES[:-1]]
        row += [f"{shares[name][place][what]:.1f}" for name, what in MORE.items()]
    together = [f"{TOGETHER}: {what}" for what in OUTCOMES[:-1]]
    more = [f"{name}: {what}" for name, what in MORE.items()]
    told = table(["model", "weights", *together, *more], of_models)
    of_first = [[name, str(counts[name]), *(f"{of[0][what]:.1f}" for what in OUTCOMES)] for name, of in shares.items()]
    first_model, last = next(iter(models)), list(CONDITIONS)[-1]
    head = HEAD.format(first=FIRST, confident=CONFIDENT, models=told, first_model=first_model, last=last)
    return head + table(["condition", "pictures", *OUTCOMES], of_first)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, its first column text, the others numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main(folder: str, *paths: str) -> None:
    """Write the folder's README for these models, each called as its file."""
    models = {Path(path).stem: load_single(path) for path in paths}
    doubt, test = load_doubt(pipeline_path("doubt")), load_split(pipeline_path("processed") / "test.npz")
    counts, shares = {}, {}
    for name, pictures in examples(test):
        counts[name], shares[name] = measured(list(models.values()), doubt, pictures)
        print(name, counts[name], *shares[name], flush=True)
    write_text(Path(folder) / "README.md", page(models, counts, shares))


if __name__ == "__main__":
    main(*sys.argv[1:])
