"""The learning curves, as they grow and as they ended."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from stages.figures.colours import BLUE, GREY, ORANGE


def learning_curves(history: pd.DataFrame, caption: str) -> Figure:
    """Loss, error and learning rate by epoch.

    Args:
        history: columns epoch, learning_rate, train_loss, train_accuracy, val_loss, val_accuracy; at least one row.
        caption: the data set and what else must be said, under the picture.
    """
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    axes = figure.subplots(1, 3)
    few = len(history) < 3  # a line of one or two points is not seen without markers
    style: dict[str, Any] = {"linewidth": 1.6, "marker": "o" if few else ""}
    for name, label, colour in (("train", "training", BLUE), ("val", "validation", ORANGE)):
        axes[0].plot(history["epoch"], history[f"{name}_loss"], color=colour, label=label, **style)
        axes[1].plot(
            history["epoch"], 100 * (1 - history[f"{name}_accuracy"]).clip(1e-4), color=colour, label=label, **style
        )
    axes[2].plot(history["epoch"], history["learning_rate"], color=GREY, **style)
    kept = history.iloc[int(history["val_loss"].to_numpy().argmin())]  # as `dnn.training.callbacks.BestWeights` chooses
    for ax in axes:
        ax.axvline(kept["epoch"], color=GREY, linewidth=0.8, linestyle=":")
    axes[0].set(title="Cross-entropy", ylabel="nats", yscale="log")
    error = 100 * (1 - kept["val_accuracy"])
    axes[1].set(title=f"Error, {error:.2f} % in the kept epoch {kept['epoch']:.0f}", ylabel="% of images", yscale="log")
    for ax in axes[:2]:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())
    axes[2].set(title="Learning rate", ylim=(0, None))
    for ax in axes:
        ax.set_xlabel("epoch")
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False)
    figure.supxlabel(caption, fontsize=8, color="#555555")
    return figure
