"""How presets tell digits that are not MNIST's: corrupted ones, and scikit-learn's small ones.

`python -m stages.seeds --preset NAME --keep models/presets` keeps the models that are measured here.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from dnn.base.errors import InputError
from dnn.base.files import write_text
from dnn.formats.model_file import load_model
from dnn.model import Predictor
from stages.accuracy.corruptions import CORRUPTIONS, corrupted
from stages.accuracy.declared import Preset, load_presets
from stages.accuracy.seeds import kept_at, share_right
from stages.accuracy.table import reached, read
from stages.datasets.small_digits import load_small_digits
from stages.datasets.splits import Split
from stages.figures.robustness import robustness
from stages.figures.style import save

CLEAN, SMALL = "as they are", "scikit-learn's digits"
MOVES = ("rotation", "scale", "shear", "translation")  # by which the default distorts its training images, if less
COLUMNS = ("preset", "settings", "seed", "condition", "accuracy")
PAGE = """# Digits that are not MNIST's

![Errors under each condition]({picture})

Accuracy in percent, the mean over seeds ({seeds}). MNIST's test images as they are and under fifteen corruptions, of
the kinds and strengths of MNIST-C (Mu & Gilmer 2019), and scikit-learn's 1,797 small digits, brought to MNIST's form.
No preset has learned from any of them, nor was anything chosen by them; each image is asked in one position.
`python -m stages.presets robustness` makes this page from the models that
`python -m stages.seeds --preset NAME --keep models/presets` keeps; stages/accuracy/corruptions.py draws the images.

{table}"""


def models_of(folder: Path, preset: Preset, rows: pd.DataFrame) -> Iterator[tuple[int, Predictor]]:
    """The models, with their seeds, of those rows that tell what the preset reaches, as far as they are kept."""
    for row in reached(rows, preset).to_dict("records"):
        if (path := kept_at(folder, row)).exists():
            yield row["seed"], load_model(path)


def measure(folder: Path, test: Split, table: Path, results: Path) -> None:
    """Measure all presets that have models in the folder, and write table, figure and page; print the page's table.

    Args:
        folder: of models that `stages.seeds` has kept.
        test: MNIST's test set.
        table: CSV file to be written.
        results: the one with the rows that the models are of.

    Raises:
        InputError: there are none, one cannot be read, or the test set is another.
    """
    if (name := test.dataset["name"]) != "MNIST":
        raise InputError(f"the test set is of {name}, presets are of MNIST; set data.dataset in params.yaml to mnist")
    trained = read(results)
    models = [(preset, *each) for preset in load_presets() for each in models_of(folder, preset, trained)]
    if not models:
        raise InputError(
            f"{folder} has no models that rows of {results} are of; "
            f"`python -m stages.seeds --preset default --keep {folder}` trains some"
        )
    rows = [
        (preset.name, preset.settings, seed, condition, share_right(model, images))
        for condition, images in conditions(test)
        for preset, seed, model in models
    ]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    write_text(table, found.to_csv(index=False, lineterminator="\n"))
    means = found.pivot_table(index="condition", columns="preset", values="accuracy", sort=False)
    seeds = found.groupby("preset", sort=False)["seed"].nunique()
    caption = f"MNIST's test images, corrupted as MNIST-C's are; {SMALL}; mean over seeds"
    save(robustness(means, title(means), caption), table.with_suffix(".png"))
    told = ", ".join(f"{name} {count}" for name, count in seeds.items())
    text = markdown(means)
    write_text(table.with_suffix(".md"), PAGE.format(picture=table.with_suffix(".png").name, seeds=told, table=text))
    print(f"{text}\n{table.with_suffix('.md')}")


def conditions(test: Split) -> Iterator[tuple[str, Split]]:
    """The images to be told, in the form that networks take, with the names of their conditions."""
    yield CLEAN, test
    X = test.images.reshape(len(test.images), 28, 28)
    for name in CORRUPTIONS:
        yield name, Split(corrupted(X, name).reshape(len(X), -1), test.labels, test.digits, test.dataset)
    images, digits = load_small_digits()
    small = images.reshape(len(images), -1).astype("float32") / 255
    yield SMALL, Split(small, test.labels[:0], digits, test.dataset)


def markdown(means: pd.DataFrame) -> str:
    """The means as a table in Markdown, and what distortion while training has saved."""
    lines = [["", *means.columns], ["---"] * (1 + len(means.columns))]
    lines += [[str(name), *(f"{value:.2f}" for value in row)] for name, row in (100 * means).T.items()]
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    if not both(means):
        return text
    lost = 100 * (means.loc[CLEAN] - means.loc[list(MOVES)])
    shares = ", ".join(
        f"{name} {own:.1f} points where the baseline loses {plain:.1f}"
        for name, own, plain in zip(MOVES, lost["default"].to_numpy(), lost["baseline"].to_numpy(), strict=True)
    )
    worse = ", ".join(map(str, means.index[means["default"] < means["baseline"]]))
    told = f"\nThe baseline is better than the default under: {worse}.\n" if worse else ""
    return f"{text}\nUnder distortion the default loses: {shares}.\n{told}"


def both(means: pd.DataFrame) -> bool:
    """Whether default and baseline are among the presets, to be compared."""
    return {"default", "baseline"} <= set(means.columns)


def title(means: pd.DataFrame) -> str:
    """The finding that the figure shows, where default and baseline are among the presets."""
    if not both(means):
        return "Digits that are not MNIST's"
    better = int((means["default"] > means["baseline"]).sum())
    return f"The default is better than the baseline under {better} of {len(means)} conditions"
