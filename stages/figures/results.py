"""The answers on the test set, right and wrong: read, counted and drawn."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dnn.base.errors import InputError
from dnn.base.types import Array
from stages.figures.findings import Table, confused, most_confused, surest_errors
from stages.figures.style import (
    BLUE,
    ORANGE,
    Figure,
    are_long,
    bare,
    house_style,
    name_ticks,
    new_figure,
    space_for,
)
from stages.figures.tiles import show_images
from stages.project.outputs import check_range, read_table, remedy

MOST = 50  # classes whose counts are legible in one figure
SURE = 0.9  # a confidence that people would trust
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
def confusion(table: Table, names: Sequence[str], caption: str) -> Figure:
    """How often each class was taken for which."""
    places = np.arange(len(names))
    counts = confusion_counts(table["label"], table["prediction"], places)
    diagonal = np.eye(len(names), dtype=bool)
    # The right answers would drown the mistakes on a common scale, so colour shows the mistakes alone.
    mistakes = np.where(diagonal, np.nan, counts)
    side = 0.52 * min(max(len(names), 8), MOST)  # inches
    width, height = side + 1.4 + space_for(names), side + 1.3 + space_for(names) / 2
    figure = new_figure(width, height, caption, most_confused(table, names))
    ax = figure.subplots()
    ax.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(np.nanmax(mistakes) * 1.3, 1e-9), aspect="auto")
    for row, column in np.argwhere(counts) if len(names) <= MOST else ():
        colour = BLUE if diagonal[row, column] else "black"
        text = f"{counts[row, column]:,}"
        ax.text(column, row, text, ha="center", va="center", fontsize=9, color=colour, in_layout=False)
    ax.set(xlabel="predicted", ylabel="actual")
    name_ticks(ax, places, names)
    ax.set_yticks(places, names)
    if len(names) > MOST:
        ax.tick_params(labelsize=500 / len(names))
    bare(ax)
    return figure


@house_style()
def mix_ups(images: Array, table: Table, names: Sequence[str], caption: str, most: int = 8) -> Figure | None:
    """The images, of (n, pixels), all test images, behind the most frequent pairs of actual and predicted class, a pair
    in each row, the surest first; None where all answers are right.
    """
    groups = confused(table)
    if not groups:
        return None
    shown, errors = groups[:most], sum(map(len, groups))
    columns = min(max(len(groups[0]), 6), 10)
    title = f"The {len(shown)} most frequent mix-ups make {sum(map(len, shown)):,} of {errors:,} errors"
    tiles = np.full((len(shown), columns, images.shape[1]), np.nan)
    texts: list[str] = []
    for place, rows in zip(tiles, shown, strict=True):
        place[: len(rows)] = images[rows[:columns]]
        texts += [f"{sure:.1%}" for sure in table["confidence"][rows[:columns]]]
        texts += [""] * (columns - len(rows[:columns]))
    side = round(images.shape[1] ** 0.5)
    gap = max(1, side // 3)
    figure = new_figure(0.95 * columns + 1.4 + 2 * space_for(names), 0.95 * len(shown) + 0.9, caption, title)
    ax = figure.subplots()
    show_images(ax, tiles.reshape(-1, images.shape[1]), columns, texts, gap)
    for line, rows in enumerate(shown):
        actual, told = (names[table[name][rows[0]]] for name in ("label", "prediction"))
        text = f"{actual} taken for {told}\n{len(rows):,} image{'s' if len(rows) > 1 else ''}"
        ax.text(-gap, line * (side + gap) + side / 2, text, ha="right", va="center", fontsize=9)
    return figure


@house_style()
def mistakes(images: Array, table: Table, names: Sequence[str], caption: str, most: int = 40) -> Figure:
    """The wrong predictions, the most confident first: of (n, pixels), all test images, at most so many."""
    wrong, n = surest_errors(table), len(table["label"])
    shown = wrong[:most]
    title = f"{len(wrong):,} of {n:,} test images are misread"
    if len(wrong):
        title += (
            f", {np.count_nonzero(table['confidence'][wrong] > SURE):,} of them with more than {SURE:.0%} confidence"
        )
    if len(shown) < len(wrong):
        title += f"; here the {most} most confident"
    columns, between = (6, "\n") if are_long(names) else (8, ", ")
    tile = 10.8 / columns  # inches
    figure = new_figure(10.8, max(-(-len(shown) // columns), 1) * tile + 0.75, caption, title)
    rows = zip(*(table[name][shown] for name in ("prediction", "label", "confidence")), strict=True)
    texts = [
        f"said {names[prediction]}{between}is {names[label]}\n{confidence:.1%} sure"
        for prediction, label, confidence in rows
    ]
    show_images(figure.subplots(), images[shown], columns, texts, color=ORANGE)
    return figure
