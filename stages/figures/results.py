"""Results on the test set: read, counted and drawn."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array
from stages.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    Figure,
    are_long,
    bare,
    house_style,
    name_ticks,
    new_figure,
    space_for,
)
from stages.figures.tiles import mosaic, show_images
from stages.project.outputs import check_range, read_table, remedy

MOST = 50  # classes whose counts and bars are legible in one figure
Table = Mapping[str, Array]  # the columns of predictions.csv by their names
PREDICTIONS = {"index": int, "label": int, "prediction": int, "confidence": float}  # that all of its readers need


def load_predictions(path: Path, images: int, classes: int) -> dict[str, Array]:
    """The columns of predictions.csv: index, label and prediction as integers, the others as fractions of 1.

    Args:
        path: of the file.
        images, classes: of the test set, each image of which it must have in its order.

    Raises:
        InputError: it is no such file, or not whole.
    """
    table = read_table(path, "evaluate", PREDICTIONS, images)
    check_range(path, "evaluate", table, ("label", "prediction"), classes - 1)
    check_range(path, "evaluate", table, [name for name in table if name not in ("index", "label", "prediction")], 1)
    if not np.array_equal(table["index"], np.arange(images)):
        raise InputError(f"{path} has not every test image in its order; {remedy('evaluate')}")
    return table


def confusion_counts(label: Array, prediction: Array, classes: Array) -> Array:
    """How often each class (row) was taken for which (column): (K, K) counts, the K classes in ascending order."""
    pairs = np.searchsorted(classes, label) * len(classes) + np.searchsorted(classes, prediction)
    return np.bincount(pairs, minlength=len(classes) ** 2).reshape(len(classes), -1)


@house_style()
def confusion(table: Table, names: Sequence[str], word: str, caption: str) -> Figure:
    """How often each class was taken for which, and what share of its images is wrong."""
    places = np.arange(len(names))
    counts = confusion_counts(table["label"], table["prediction"], places)
    right = np.eye(len(names), dtype=bool)
    # The right answers would drown the mistakes on a common scale, so colour shows the mistakes alone.
    mistakes = np.where(right, np.nan, counts)
    wrong = 100 * np.nansum(mistakes, axis=1) / counts.sum(axis=1).clip(1)
    more = min(len(names), MOST) - min(len(names), 10)  # classes
    figure = new_figure(8.4 + 0.45 * more + space_for(names), 5.4 + 0.3 * more + space_for(names) / 2, caption)
    matrix, share = figure.subplots(1, 2, sharey=True, width_ratios=[2.5, 1])
    matrix.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(np.nanmax(mistakes) * 1.3, 1e-9), aspect="auto")
    for row, column in np.argwhere(counts) if len(names) <= MOST else ():
        colour = BLUE if right[row, column] else "black"
        text = f"{counts[row, column]:,}"
        matrix.text(column, row, text, ha="center", va="center", fontsize=8, color=colour, in_layout=False)
    matrix.set(title="Images", xlabel="predicted", ylabel="actual")
    name_ticks(matrix, places, names)
    matrix.set_yticks(places, names)
    if len(names) > MOST:
        matrix.tick_params(labelsize=500 / len(names))
    share.barh(places, wrong, height=0.7, color=ORANGE, alpha=0.6)
    for row, percent in enumerate(wrong):
        share.text(percent, row, f" {percent:.1f}", va="center", fontsize=8, in_layout=False)
    share.set(title=f"% of the {word}'s images wrong", xlim=(0, max(1.2 * wrong.max(), 0.1)), xticks=[])
    for ax in (matrix, share):
        bare(ax)
    return figure


@house_style()
def mistakes(images: Array, table: Table, names: Sequence[str], caption: str, most: int = 40) -> Figure:
    """The wrong predictions, the most confident first: of (n, pixels), all test images, at most so many."""
    wrong = np.flatnonzero(table["label"] != table["prediction"])
    shown = wrong[np.argsort(-table["confidence"][wrong], kind="stable")[:most]]
    title = f"{len(wrong)} mistakes" + (f", the {len(shown)} most confident" if len(shown) < len(wrong) else "")
    columns, between = (6, "\n") if are_long(names) else (8, ", ")
    tile = 10.8 / columns  # inches
    figure = new_figure(10.8, max(-(-len(shown) // columns), 1) * tile + 0.75, caption, title)
    rows = zip(*(table[name][shown] for name in ("prediction", "label", "confidence")), strict=True)
    texts = [
        f"said {names[prediction]}{between}is {names[label]}\n{confidence:.1%} sure"
        for prediction, label, confidence in rows
    ]
    show_images(figure.subplots(), images[table["index"][shown]], columns, texts, color=ORANGE)
    return figure


def examples(table: Table) -> tuple[Array, Array]:
    """For each class the rows of two right answers: of one of middling confidence, and of the least sure."""
    right = np.flatnonzero(table["label"] == table["prediction"])
    ranked = right[np.argsort(table["confidence"][right], kind="stable")]
    by_digit = [ranked[table["label"][ranked] == digit] for digit in np.unique(table["label"][right])]
    return np.array([rows[len(rows) // 2] for rows in by_digit], int), np.array([rows[0] for rows in by_digit], int)


@house_style()
def probabilities(images: Array, table: Table, names: Sequence[str], caption: str) -> Figure | None:
    """The probability of each class as a bar, for two right answers of each class among (n, pixels), all test images;
    None where no answer is right, or the classes are too many to be seen.
    """
    columns = [name for name in table if name[0] == "p" and name[1:].isdigit()]
    step, size, left = 0.8, 0.9, -1.6  # from bar to bar; of an image, whose row is 1 high, and where it begins
    places = step * np.arange(len(names))
    halves = examples(table)
    if not len(halves[0]) or len(names) > MOST:
        return None
    room = max(len(names), 6)  # classes
    width = 10 + 0.826 * (room - 10)  # inches, so that the bars of any number of classes are alike
    height = 0.56 * len(halves[0]) + 1.2 + space_for(names) * 0.9
    figure = new_figure(width, height, caption, "Right answers and their probabilities")
    for ax, title, rows in zip(figure.subplots(1, 2), ("typical", "the least sure"), halves, strict=True):
        heights = np.stack([table[name][rows] for name in columns], axis=1)
        lines = np.arange(len(rows)) + size  # on which the bars stand
        canvas = mosaic(images[table["index"][rows]], 1)
        bottom = len(canvas) / canvas.shape[1] * size
        ax.imshow(canvas, vmin=0, vmax=1, extent=(left, left + size, bottom, 0))
        best = heights.argmax(axis=1)
        colours = np.where(best[:, None] == np.arange(len(names)), BLUE, GREY)
        tops = lines[:, None] - 0.68 * heights
        ax.vlines(np.tile(places, len(rows)), tops.ravel(), np.repeat(lines, len(names)), colours.ravel(), linewidth=14)
        ax.hlines(lines, places[0] - step / 2, places[-1] + step / 2, color="black", linewidth=0.6)
        for row, k in enumerate(best):
            text = f"{heights[row, k]:.1%}"
            ax.text(places[k], tops[row, k], text, ha="center", va="bottom", fontsize=8, color=BLUE, in_layout=False)
        ax.set(title=title, xlim=(left, step * (room - 0.5)), ylim=(len(rows) + 0.1, -0.15), yticks=[])
        name_ticks(ax, places, names)
        bare(ax)
    return figure


@house_style()
def reliability(confidence: Array, accuracy: Array, counts: Array, caption: str) -> Figure:
    """Is the network as often right as it is sure? Accuracy against confidence, and how many predictions lie where.

    The bars are Wilson's 95 % intervals (Wilson 1927, "Probable inference, the law of succession, and statistical
    inference"): a bin of few images tells little.

    Args:
        confidence, accuracy, counts: of each bin, as `dnn.calibration.reliability` gives them; NaN where empty.
    """
    edges, used = np.linspace(0, 1, len(counts) + 1), counts > 0
    x, p, n = confidence[used], accuracy[used], counts[used]
    z = 1.96
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    figure = new_figure(10, 4.2, caption)
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="as sure as right")
    bars = np.stack([p - middle + half, middle + half - p]).clip(0)
    left.errorbar(x, p, bars, color=BLUE, fmt="o", markersize=5, elinewidth=1, label="predictions, 95 % intervals")
    left.set(title="Reliability", xlabel="confidence", ylabel="accuracy", xlim=(0, 1.03), ylim=(0, 1.05))
    left.legend(loc="lower right")
    right.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=BLUE, edgecolor="white")
    right.set(title="Confidence", xlabel="confidence", ylabel="images", yscale="log", xlim=(0, 1), ylim=(0.5, None))
    right.yaxis.set_major_formatter("{x:,.0f}")
    right.minorticks_off()
    return figure
