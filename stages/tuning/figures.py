"""What a search has found, in figures."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from stages.figures.colours import BLUE, GREY, ORANGE
from stages.figures.results import new_figure
from stages.tuning.ranges import Categorical, Parameter
from stages.tuning.space import Space


def history(table: pd.DataFrame, compared: float | None, caption: str) -> Figure:
    """The loss of each trial, and the least so far.

    Args:
        table: as `stages.tuning.study.trials_table` gives it.
        compared: the loss of params.yaml as it stood, where it is known.
    """
    figure = new_figure(8, 4.2, caption, "Hyperparameter search")
    ax = figure.subplots()
    complete, pruned = table[table["state"] == "complete"], table[table["state"] == "pruned"]
    ax.scatter(pruned["trial"], pruned["val_loss"], s=14, color=GREY, alpha=0.6, label="stopped early")
    ax.scatter(complete["trial"], complete["val_loss"], s=26, color=BLUE, label="trained to the end", zorder=3)
    if len(complete):
        best = complete["val_loss"].cummin()
        last = table["trial"].max()
        steps, losses = [*complete["trial"], last], [*best, best.iloc[-1]]
        ax.step(steps, losses, where="post", color=BLUE, linewidth=1.2, label="best so far")
    if compared is not None:
        ax.axhline(compared, color=ORANGE, linestyle="--", linewidth=1.2, label="params.yaml as it stood")
    ax.set(xlabel="trial", ylabel="validation loss, nats", yscale="log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, fontsize=8)
    return figure


def parallel(table: pd.DataFrame, space: Space, caption: str) -> Figure:
    """Each trial as a line across all parameters: those stopped early, those trained to the end, and the best."""
    names = list(space.parameters)
    figure = new_figure(max(1.15 * len(names), 4), 4.6, caption, "Trials by their parameters")
    ax = figure.subplots()
    heights = np.array([[height(space.parameters[n], row[n]) for n in names] for _, row in table.iterrows()])
    heights = heights.reshape(len(table), len(names))
    best = table.loc[table["state"] == "complete", "val_loss"].idxmin() if "complete" in set(table["state"]) else -1
    for place, state in enumerate(table["state"]):
        style: dict[str, Any] = {"color": GREY, "alpha": 0.25, "linewidth": 0.8}
        if table.index[place] == best:
            style = {"color": ORANGE, "linewidth": 2.4, "zorder": 4}
        elif state == "complete":
            style = {"color": BLUE, "alpha": 0.8, "linewidth": 1.2, "zorder": 3}
        ax.plot(range(len(names)), heights[place], **style)
    for x, name in enumerate(names):
        ax.axvline(x, color="black", linewidth=0.6)
        for y, text in ticks(space.parameters[name]):
            ax.text(
                x + 0.04, y, text, fontsize=7, va="center", bbox={"color": "white", "alpha": 0.75, "pad": 0.6}, zorder=5
            )
    ax.set_xticks(range(len(names)), [name.replace(".", ".\n").replace("_", "_\u200b") for name in names], fontsize=8)
    ax.set(yticks=[], ylim=(-0.05, 1.05), xlim=(-0.1, len(names) - 0.4))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for label, colour in (("stopped early", GREY), ("trained to the end", BLUE), ("the best", ORANGE)):
        ax.plot([], [], color=colour, label=label)
    figure.legend(frameon=False, loc="outside upper right", ncols=3, fontsize=8)
    return figure


def height(parameter: Parameter, value: Any) -> float:
    """Where a value stands on its axis, in [0, 1]."""
    if isinstance(parameter, Categorical):
        return parameter.choices.index(value) / (len(parameter.choices) - 1)
    scale = np.log if parameter.log else float
    low, high, at = (float(scale(x)) for x in (parameter.low, parameter.high, value))
    return (at - low) / (high - low)


def ticks(parameter: Parameter) -> list[tuple[float, str]]:
    """The values that are written on the axis."""
    if isinstance(parameter, Categorical):
        return [
            (height(parameter, choice), text) for choice, text in zip(parameter.choices, parameter.texts(), strict=True)
        ]
    middle = (parameter.low * parameter.high) ** 0.5 if parameter.log else (parameter.low + parameter.high) / 2
    return [(height(parameter, value), f"{value:.2g}") for value in (parameter.low, middle, parameter.high)]


def importance(weights: Mapping[str, float], epochs: int, trials: int, caption: str) -> Figure:
    """How much each parameter decides which trials are the best tenth early on.

    Args:
        weights: by the parameter, as `stages.tuning.study.importances` gives them.
        epochs: at the end of which the trials were compared.
        trials: how many were.
    """
    names = sorted(weights, key=lambda name: weights[name])
    figure = new_figure(6.6, 0.32 * len(names) + 1.3, caption, "Which parameters matter")
    ax = figure.subplots()
    values = [100 * weights[name] for name in names]
    ax.barh(names, values, color=BLUE)
    for y, value in enumerate(values):
        ax.text(value, y, f" {value:.0f}", va="center", fontsize=8)
    ax.set(xlabel=f"share in being among the best tenth of {trials} trials at epoch {epochs}, %")
    ax.margins(x=0.08)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right"]].set_visible(False)
    return figure
