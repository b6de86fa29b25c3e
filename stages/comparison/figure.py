"""Experiments side by side as one picture: accuracy against time, against size, and epoch by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dnn.base.types import Array
from stages.comparison.table import standard_error
from stages.figures.style import GREY, Axes, Figure, house_style, log_ticks, new_figure

SHADES: list[dict[str, Any]] = [
    {"color": f"C{number}", "marker": marker, "linestyle": line}
    for line in ("-", "--")
    for number, marker in enumerate("os^DvPX")  # one for each colour of the style sheet
]
OTHERS: dict[str, Any] = {"color": GREY, "marker": ".", "linestyle": "-"}
Rows = Sequence[Mapping[Any, Any]]
Styles = Sequence[dict[str, Any]]
ERRORS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 50, 70, 90)  # per cent; the ticks are 100 less these


@house_style()
def comparison(table: pd.DataFrame, curves: Mapping[str, pd.DataFrame], caption: str) -> Figure:
    """Validation accuracy against seconds of training, against parameters, and against the epoch.

    Accuracy stands on a logarithmic scale of the errors, so that 98 and 99 % are as far apart as 80 and 90 %.

    Args:
        table: of `stages.comparison.table`, the rows with a validation accuracy, at least one, the best first.
        curves: by revision the history of the experiment, columns epoch and val_accuracy.
        caption: what was compared on which data, under the picture.
    """
    rows = table.to_dict("records")
    styles = [SHADES[place] if place < len(SHADES) else OTHERS for place in range(len(rows))]
    lines = [curves[row["revision"]] for row in rows]
    figure = new_figure(13, 4.6, caption)
    time, size, epochs = figure.subplots(1, 3, sharey=True)
    against(time, rows, styles, "seconds", "seconds of training")
    against(size, rows, styles, "parameters", "parameters")
    time.set_title("Accuracy against time")
    size.set_title("Accuracy against size")
    learning_curves(epochs, lines, styles)
    shown = pd.concat([table["val_accuracy"], *(line["val_accuracy"] for line in lines)])
    accuracy_axis(time, visible_error(shown.to_numpy()))
    handles, labels = size.get_legend_handles_labels()
    if len(rows) > len(SHADES):
        handles, labels = handles[: len(SHADES) + 1], [*labels[: len(SHADES)], f"{len(rows) - len(SHADES)} more"]
    figure.legend(handles, labels, loc="outside right upper", title="best first")
    return figure


def against(ax: Axes, rows: Rows, styles: Styles, column: str, name: str) -> None:
    """The accuracy of each experiment, with one standard error, against a column."""
    known = [row[column] for row in rows if pd.notna(row[column])]
    for row, style in zip(rows, styles, strict=True):
        error = visible_error(row["val_accuracy"])
        bar = 100 * standard_error(row["val_accuracy"], row["val_images"])  # none is drawn where it is not a number
        ax.errorbar(
            row[column], error, yerr=np.array([[min(bar, 0.9 * error)], [bar]]), elinewidth=1,
            label=row["experiment"], color=style["color"], marker=style["marker"], markersize=7, linestyle="none",
            markerfacecolor="white" if style["linestyle"] == "--" else style["color"],
        )  # fmt: skip
    ax.set_xlabel(name)
    if not known:
        ax.text(0.5, 0.5, "not known", ha="center", va="center", transform=ax.transAxes, color=GREY)
        ax.set_xticks([])
    elif max(known) > 3 * min(known):
        ax.set_xscale("log")
        log_ticks(ax.xaxis, (1, 2, 5) if max(known) < 30 * min(known) else (1,))
    else:
        ax.margins(x=0.15)
        ax.locator_params(axis="x", nbins=5)
    ax.xaxis.set_major_formatter(lambda value, _: thousands(value))


def learning_curves(ax: Axes, lines: Sequence[pd.DataFrame], styles: Styles) -> None:
    """The accuracy of each experiment epoch by epoch, the best on top."""
    for line, style in reversed(list(zip(lines, styles, strict=True))):
        errors = visible_error(line["val_accuracy"].to_numpy())
        marker = style["marker"] if len(line) < 3 else ""  # a line of one or two points is not seen without markers
        ax.plot(line["epoch"], errors, **style | {"marker": marker})
    ax.set(xlabel="epoch", title="Accuracy epoch by epoch")
    ax.locator_params(axis="x", integer=True)


def accuracy_axis(ax: Axes, errors: Array) -> None:
    """Label all the errors that are shown, in per cent, as accuracies."""
    from matplotlib.ticker import MaxNLocator

    low, high = errors.min() / 1.3, min(errors.max() * 1.3, 100)
    ticks = [error for error in ERRORS if low <= error <= high]
    if len(ticks) < 3:  # accuracies that lie close together
        ticks = [error for error in MaxNLocator(4, steps=[1, 2, 5]).tick_values(low, high) if low <= error <= high]
    ax.set(yscale="log", ylim=(high, low), ylabel="validation accuracy, %")
    ax.set_yticks(ticks)
    ax.set_yticks([], minor=True)
    ax.yaxis.set_major_formatter(lambda error, _: f"{100 - error:g}")


def thousands(value: float) -> str:
    """A short text: 111000 is 111k."""
    return f"{value / 1e6:g}M" if value >= 1e6 else f"{value / 1e3:g}k" if value >= 1e3 else f"{value:g}"


def visible_error(accuracy: Array) -> Array:
    """The error of an accuracy, in per cent, at least what a logarithmic scale can show."""
    return np.maximum(100 * (1 - accuracy), 0.02)
