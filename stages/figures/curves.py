"""Scores as lines, along epochs, learning rates or numbers of images."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dnn.base.types import Array
from stages.figures.style import BLUE, GREY, ORANGE, Figure, along_epochs, drawable, house_style, log_ticks, new_figure

if TYPE_CHECKING:
    from pandas import DataFrame


@house_style()
def learning_curves(history: Mapping[str, Array], caption: str, kept: Sequence[int] = ()) -> Figure:
    """Loss, error and learning rate by epoch, while the network trains and after it.

    Args:
        history: columns epoch, learning_rate, train_loss, train_accuracy, val_loss, val_accuracy; at least one row. The
            members of an ensemble come one after the other.
        caption: the data set and what else must be said, under the picture.
        kept: the epochs whose weights were kept, one for each member; without them that of the least validation loss.
    """
    epoch = history["epoch"]
    kept = kept or [int(epoch[history["val_loss"].argmin()])]
    figure = new_figure(11, 4, caption, kept_epochs(history, kept))
    loss, error, rate = axes = figure.subplots(1, 3)
    for ax in axes:
        along_epochs(ax)
        for best in kept:
            ax.axvline(best, color=GREY, linewidth=0.8, linestyle=":")
    marker = "o" if len(epoch) < 3 else ""  # a line of one or two points is not seen without markers
    for name, label, colour, line in (("train", "training", BLUE, "--"), ("val", "validation", ORANGE, "-")):
        style: dict[str, Any] = {"color": colour, "label": label, "marker": marker, "linestyle": line}
        loss.plot(epoch, history[f"{name}_loss"], **style)
        error.plot(epoch, 100 * (1 - history[f"{name}_accuracy"]).clip(1e-4), **style)
    rate.plot(epoch, history["learning_rate"], color=GREY, marker=marker)
    loss.set(title="Loss", ylabel="mean over the images", yscale="log")
    error.set(title="Error", ylabel="% of images", yscale="log")
    rate.set(title="Learning rate", ylim=(0, None))
    for ax in (loss, error):
        log_ticks(ax.yaxis)
    loss.legend()
    return figure


def kept_epochs(history: Mapping[str, Array], kept: Sequence[int]) -> str:
    """A sentence on the epochs that were kept, and on what the validation loss did after them."""
    if len(kept) > 1:
        errors = 1 - history["val_accuracy"][np.array(kept) - 1]
        return f"{len(kept)} networks, one after the other: validation error {errors.min():.2%} to {errors.max():.2%}"
    epochs, place = len(history["epoch"]), kept[0] - 1
    wrong = 1 - history["val_accuracy"][place]
    best = int(history["val_loss"].argmin())
    if place != best:
        lower = 1 - history["val_loss"][best] / history["val_loss"][place]
        least = f"the validation loss was least in epoch {best + 1}, {lower:.1%} lower"
        return f"Validation error {wrong:.2%} after epoch {kept[0]}; {least}"
    if place == epochs - 1:
        return f"The validation loss is least in the last epoch, {epochs}: error {wrong:.2%}"
    more = history["val_loss"][-1] / history["val_loss"][place] - 1
    least = f"The validation loss is least in epoch {kept[0]} of {epochs}"
    return f"{least}, error {wrong:.2%}; it ends {more:.1%} above that"


@house_style()
def finder(rates: Array, losses: Array, steepest: float, caption: str) -> Figure:
    """The loss of a training whose learning rate grows from step to step, and where it falls fastest."""
    figure = new_figure(6.6, 3.8, caption, f"The loss falls fastest near a learning rate of {steepest:.2g}")
    ax = figure.subplots()
    ax.plot(rates, losses, color=BLUE)
    ax.axvline(steepest, color=ORANGE, linestyle="--", label="falls fastest")
    ax.set(xscale="log", xlabel="learning rate", ylabel="smoothed training loss")
    ax.legend()
    return figure


@house_style()
def transfer(table: "DataFrame", caption: str, source: str = "MNIST") -> Figure:
    """The worth of a trained network to another task with few labelled images: of a table with the columns images,
    seed, method, accuracy and one row for each training; `source` is what the network learned before.
    """
    few, many = table["images"].min(), table["images"].max()
    means = 100 * table.groupby(["images", "method"], sort=False)["accuracy"].mean()
    best = [
        f'with {count} labelled images best is "{means[count].idxmax()}", {means[count].max():.0f}%'
        for count in ([few, many] if few < many else [few])
    ]
    title = f"From {drawable(source)} to scikit-learn's digits: {', '.join(best)}"
    figure = new_figure(6.6, 4.2, caption, title)
    ax = figure.subplots()
    styles = zip((GREY, BLUE, ORANGE), "s^o", strict=True)
    for (method, group), (colour, marker) in zip(table.groupby("method", sort=False), styles, strict=False):
        percent = 100 * group.groupby("images")["accuracy"].agg(["mean", "min", "max"])
        ax.plot(percent.index, percent["mean"], marker=marker, color=colour, label=method)
        ax.fill_between(percent.index, percent["min"], percent["max"], color=colour, alpha=0.15, linewidth=0)
    counts = np.unique(table["images"])
    ax.set(xlabel="labelled images", ylabel="% of unseen digits right", xscale="log")
    ax.set_xticks(counts, map(str, counts))
    ax.set_xticks([], minor=True)
    ax.legend(title=f"mean and range of {table['seed'].nunique()} seeds")
    return figure
