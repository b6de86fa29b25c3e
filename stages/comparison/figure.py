"""Experiments side by side as one picture: accuracy against time, against size, and epoch by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from stages.comparison.table import standard_error
from stages.figures.colours import BLUE, GREY, ORANGE

# The rest of the Okabe-Ito palette; its yellow is too light for lines on white.
COLOURS = (BLUE, ORANGE, "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
SHADES = [
    {"color": colour, "marker": marker, "linestyle": line}
    for line in ("-", "--")
    for colour, marker in zip(COLOURS, MARKERS, strict=True)
]
OTHERS = {"color": GREY, "marker": ".", "linestyle": "-"}
Rows = Sequence[Mapping[Any, Any]]
Styles = Sequence[dict[str, str]]
ERRORS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 50, 70, 90)  # per cent; the ticks are 100 less these


def comparison(table: pd.DataFrame, curves: Mapping[str, pd.DataFrame], caption: str) -> Figure:
    """Validation accuracy against seconds of training, against parameters, and against the epoch.

    Accuracy stands on a logarithmic scale of the errors, so that 98 and 99 % are as far apart as 80 and 90 %.

    Args:
        table: of `stages.comparison.table`, the rows with a validation accuracy, at least one, the best first.
        curves: by revision the history of the experiment, columns epoch and val_accuracy.
        caption: what was compared on which data, under the picture.
    """
    rows = list(table.to_dict("records"))
    styles = [SHADES[place] if place < len(SHADES) else OTHERS for place in range(len(rows))]
    figure = Figure(figsize=(13, 4.6), layout="constrained")
    time, size, epochs = figure.subplots(1, 3, sharey=True)
    against(time, rows, styles, "seconds", "seconds of training")
    against(size, rows, styles, "parameters", "parameters")
    learning_curves(epochs, rows, styles, curves)
    accuracy_axis(time, [*shown_errors(rows, curves)])
    handles, labels = size.get_legend_handles_labels()
    if len(rows) > len(SHADES):
        handles, labels = handles[: len(SHADES) + 1], [*labels[: len(SHADES)], f"{len(rows) - len(SHADES)} more"]
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=9, title="best first")
    figure.supxlabel(caption, fontsize=8, color="#555555")
    return figure


def against(ax: Axes, rows: Rows, styles: Styles, column: str, name: str) -> None:
    """The accuracy of each experiment, with one standard error, against a column."""
    known = [row[column] for row in rows if pd.notna(row[column])]
    for row, style in zip(rows, styles, strict=True):
        error = 100 * (1 - row["val_accuracy"])
        known_images = pd.notna(row["val_images"])
        bar: float = 100 * standard_error(row["val_accuracy"], row["val_images"]) if known_images else 0.0
        ax.errorbar(
            row[column], visible(error), yerr=np.array([[min(bar, 0.9 * visible(error))], [bar]]), elinewidth=1,
            label=row["experiment"], color=style["color"], marker=style["marker"], markersize=7, linestyle="none",
            markerfacecolor="white" if style["linestyle"] == "--" else style["color"],
        )  # fmt: skip
    ax.set(xlabel=name, title=f"Accuracy against {'time' if column == 'seconds' else 'size'}")
    if not known:
        ax.text(0.5, 0.5, "not known", ha="center", va="center", transform=ax.transAxes, color=GREY)
        ax.set_xticks([])
    elif max(known) > 3 * min(known):
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if max(known) < 30 * min(known) else (1,)))
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.margins(x=0.15)
        ax.locator_params(axis="x", nbins=5)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: thousands(value)))


def learning_curves(ax: Axes, rows: Rows, styles: Styles, curves: Mapping[str, pd.DataFrame]) -> None:
    """The accuracy of each experiment epoch by epoch, the best on top."""
    for row, style in reversed(list(zip(rows, styles, strict=True))):
        curve = curves[row["revision"]]
        errors = (100 * (1 - curve["val_accuracy"])).map(visible)
        few = len(curve) < 3  # a line of one or two points is not seen without markers
        ax.plot(
            curve["epoch"], errors, color=style["color"], linestyle=style["linestyle"], linewidth=1.5,
            marker=style["marker"] if few else "",
        )  # fmt: skip
    ax.set(xlabel="epoch", title="Accuracy epoch by epoch")
    ax.locator_params(axis="x", integer=True)


def accuracy_axis(ax: Axes, errors: Sequence[float]) -> None:
    """Label the errors, in per cent, as accuracies, and give all axes of the row the house's look."""
    low, high = min(errors) / 1.3, min(max(errors) * 1.3, 100)
    ticks: Sequence[float] = [error for error in ERRORS if low <= error <= high]
    if len(ticks) < 3:  # accuracies that lie close together
        ticks = [
            float(error) for error in MaxNLocator(4, steps=[1, 2, 5]).tick_values(low, high) if low <= error <= high
        ]
    ax.set_yscale("log")
    ax.set_ylim(high, low)
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda error, _: f"{100 - error:g}"))
    ax.set_ylabel("validation accuracy, %")
    for each in ax.get_figure().axes:  # type: ignore[union-attr]
        each.grid(alpha=0.25)
        each.spines[["top", "right"]].set_visible(False)


def shown_errors(rows: Rows, curves: Mapping[str, pd.DataFrame]) -> list[float]:
    """All errors that the picture shows, in per cent."""
    points = [100 * (1 - row["val_accuracy"]) for row in rows]
    lines = [100 * (1 - share) for row in rows for share in curves[row["revision"]]["val_accuracy"]]
    return [visible(error) for error in points + lines]


def thousands(value: float) -> str:
    """A short text: 111000 is 111k."""
    return f"{value / 1e6:g}M" if value >= 1e6 else f"{value / 1e3:g}k" if value >= 1e3 else f"{value:g}"


def visible(error: float) -> float:
    """An error, in per cent, that a logarithmic scale can show."""
    return max(error, 0.02)
