"""Scores as lines, along epochs, learning rates or numbers of images."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dnn.base.types import Array
from stages.figures.style import BLUE, GREY, ORANGE, Figure, drawable, house_style, log_ticks, new_figure

if TYPE_CHECKING:
    from pandas import DataFrame


COLOURS = 7  # of the style sheet; the lines after them are dotted


@house_style()
def learning_curves(history: Mapping[str, Array], caption: str) -> Figure:
    """Loss, error and learning rate by epoch, while the network trains and after it.

    Args:
        history: columns epoch, learning_rate, train_loss, train_accuracy, val_loss, val_accuracy; at least one row.
        caption: the data set and what else must be said, under the picture.
    """
    epoch = history["epoch"]
    kept = int(history["val_loss"].argmin())  # as `dnn.training.callbacks.BestWeights` chooses
    figure = new_figure(11, 3.8, caption)
    loss, error, rate = axes = figure.subplots(1, 3)
    for ax in axes:
        ax.set_xlabel("epoch")
        ax.axvline(epoch[kept], color=GREY, linewidth=0.8, linestyle=":")
    marker = "o" if len(epoch) < 3 else ""  # a line of one or two points is not seen without markers
    for name, label, colour in (("train", "training", BLUE), ("val", "validation", ORANGE)):
        style: dict[str, Any] = {"color": colour, "label": label, "marker": marker}
        loss.plot(epoch, history[f"{name}_loss"], **style)
        error.plot(epoch, 100 * (1 - history[f"{name}_accuracy"]).clip(1e-4), **style)
    rate.plot(epoch, history["learning_rate"], color=GREY, marker=marker)
    loss.set(title="Loss", ylabel="mean over the images", yscale="log")
    wrong = 100 * (1 - history["val_accuracy"][kept])
    error.set(title=f"Error, {wrong:.2f} % in the kept epoch {epoch[kept]:.0f}", ylabel="% of images", yscale="log")
    rate.set(title="Learning rate", ylim=(0, None))
    for ax in (loss, error):
        log_ticks(ax.yaxis)
    loss.legend()
    return figure


@house_style()
def doubt(found: Mapping[str, Any], caption: str) -> Figure:
    """The share of things of each kind that are doubted, against that of digits, and where the threshold lies.

    Args:
        found: `false_alarms`, shares of the digits, `at`, the one that was chosen, `unseen`, the kinds that
            were no part of the training, and `kinds`, by name the shares at each of the false alarms.
        caption: the data set.
    """
    figure = new_figure(8.6, 4.8, caption, "What is unlike any digit, and what seems to be")
    ax = figure.subplots()
    alarms, chosen = 100 * np.array(found["false_alarms"]), 100 * found["at"]
    place = found["false_alarms"].index(found["at"])
    ax.axvline(chosen, color=GREY, linewidth=1, linestyle=":")
    for number, (kind, shares) in enumerate(sorted(found["kinds"].items(), key=lambda item: -item[1][place])):
        is_unseen = kind in found["unseen"]
        label = f"{shares[place]:.0%} {kind.replace('_', ' ')}{', never seen' if is_unseen else ''}"
        style = "--" if is_unseen else ("-", "-.")[number // COLOURS % 2]
        ax.plot(alarms, 100 * np.array(shares), label=label, linestyle=style)
    ax.set(xlabel="% of unseen digits doubted", ylabel="% of other things doubted", xscale="log")
    ax.set(xlim=(alarms[0], max(10, alarms[0])), ylim=(10 * np.floor(ax.get_ylim()[0] / 10), 101))
    ax.text(chosen, ax.get_ylim()[0], f" threshold: {chosen:g} %", va="bottom", fontsize=9, color="#555555")
    log_ticks(ax.xaxis)
    figure.legend(loc="outside right center", title="doubted at the threshold")
    return figure


@house_style()
def finder(rates: Array, losses: Array, steepest: float, caption: str) -> Figure:
    """The loss of a training whose learning rate grows from step to step, and where it falls fastest."""
    figure = new_figure(6.6, 3.8, caption, "Learning-rate finder")
    ax = figure.subplots()
    ax.plot(rates, losses, color=BLUE)
    ax.axvline(steepest, color=ORANGE, linestyle="--", label=f"falls fastest near {steepest:.2g}")
    ax.set(xscale="log", xlabel="learning rate", ylabel="smoothed training loss")
    ax.legend()
    return figure


@house_style()
def transfer(table: "DataFrame", caption: str, source: str = "MNIST") -> Figure:
    """The worth of a trained network to another task with few labelled images: of a table with the columns images,
    seed, method, accuracy and one row for each training; `source` is what the network learned before.
    """
    figure = new_figure(6.6, 4, caption, f"From {drawable(source)} to scikit-learn's digits")
    ax = figure.subplots()
    for (method, group), colour in zip(table.groupby("method", sort=False), (GREY, BLUE, ORANGE), strict=False):
        percent = 100 * group.groupby("images")["accuracy"].agg(["mean", "min", "max"])
        ax.plot(percent.index, percent["mean"], marker="o", color=colour, label=method)
        ax.fill_between(percent.index, percent["min"], percent["max"], color=colour, alpha=0.15, linewidth=0)
    counts = np.unique(table["images"])
    ax.set(xlabel="labelled images", ylabel="% of unseen digits right", xscale="log")
    ax.set_xticks(counts, map(str, counts))
    ax.set_xticks([], minor=True)
    ax.legend(title=f"mean and range of {table['seed'].nunique()} seeds")
    return figure
