"""Training dynamics, as `dnn.training.dynamics` keeps them, as figures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnn.base.files import read_npz
from dnn.base.types import Array
from stages.datasets.splits import Split
from stages.figures.axes import ticks, tidy
from stages.figures.colours import GREY
from stages.figures.learning_order import learned_first
from stages.figures.results import new_figure


def draw(path: Path, val: Split, caption: str) -> Iterator[tuple[str, Figure]]:
    """The figures, each with its name, of the file at `path`, which was made with the validation set `val`."""
    epoch, bits = read_npz(path, "epoch", "right")
    since = f" (watched from epoch {epoch[0]} on)" if epoch[0] > 1 else ""
    right = np.unpackbits(bits, axis=1, count=len(val.digits)).astype(bool)
    yield "learned_first", learned_first(epoch, right, val.images, val.digits, caption, since)
    layers, weight, gradient, update = read_npz(path, "layers", "weight_norm", "gradient_norm", "update_norm")
    yield "norms", norms(epoch, layers, weight, gradient, update, caption, since)
    layers, mean, std, zeros, dead = read_npz(path, "activations", "mean", "std", "zeros", "dead")
    if len(layers):
        yield "activations", activations(epoch, layers, mean, std, zeros, dead, caption, since)
    rate, multiples, losses = read_npz(path, "learning_rate", "multiples", "landscape")
    if np.isfinite(losses).any():
        yield "landscape", landscape(epoch, rate, multiples, losses, caption)


def norms(
    epoch: Array, layers: Array, weight: Array, gradient: Array, update: Array, caption: str, since: str = ""
) -> Figure:
    """Norms of weights and gradients, and updates against weights, by epoch: (E,), (L,) names, (E, L) three times."""
    figure = new_figure(12, 4, caption, f"Layers, and a step on a batch of validation images{since}")
    ratio = np.divide(update, weight, out=np.zeros_like(update), where=weight > 0)
    panels = ("Norm of the weights", weight), ("Norm of the gradient", gradient), ("Update-to-weight ratio", ratio)
    axes = figure.subplots(1, 3)
    for ax, (title, values) in zip(axes, panels, strict=True):
        lines(ax, epoch, layers, np.where(values > 0, values, np.nan), title)
    axes[0].set_ylim(0, None)
    axes[1].set_yscale("log")
    ticks(axes[1])
    axes[2].set(yscale="log", ylim=(1e-6, None))
    axes[2].axhline(1e-3, color=GREY, linestyle="--", linewidth=1)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    return figure


def activations(
    epoch: Array, layers: Array, mean: Array, std: Array, zeros: Array, dead: Array, caption: str, since: str = ""
) -> Figure:
    """Statistics of the activation layers by epoch: (E,), (A,) names, then (E, A) four times, shares in [0, 1]."""
    figure = new_figure(9, 6.4, caption, f"Activations for a batch of validation images{since}")
    panels = ("Mean", mean), ("Standard deviation", std), ("% zeros", 100 * zeros), ("% dead units", 100 * dead)
    axes = figure.subplots(2, 2).ravel()
    for ax, (title, values) in zip(axes, panels, strict=True):
        lines(ax, epoch, layers, values, title)
        ax.set_ylim(min(0, np.nanmin(values)), None if values.any() else 1)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    return figure


def landscape(epoch: Array, rate: Array, multiples: Array, losses: Array, caption: str) -> Figure:
    """The loss along the direction of a step after some epochs: (E,) twice, (M,), (E, M), NaN where not measured."""
    figure = new_figure(11, 4.2, caption, "Loss of a batch of validation images along one step")
    whole, near = figure.subplots(1, 2)
    measured = np.flatnonzero(np.isfinite(losses[:, multiples == 0]).all(axis=1))
    close = abs(multiples) <= 4
    for index, colour in zip(measured, shades(len(measured)), strict=True):
        line, label = losses[index], f"epoch {epoch[index]}, rate {rate[index]:.2g}"
        whole.plot(multiples, line, color=colour, marker=".", label=label)
        near.plot(multiples[close], line[close] / line[multiples == 0] - 1, color=colour, marker=".")
    whole.set(title="The whole line", ylabel="cross-entropy in nats", yscale="log")
    ticks(whole)
    whole.set_xscale("symlog", linthresh=1)
    whole.set_xticks(multiples, [f"{multiple:g}" for multiple in multiples])
    whole.set_xticks([], minor=True)
    near.set(title="Near the step, against the loss before it")
    near.yaxis.set_major_formatter("{x:+.0%}")
    for ax in (whole, near):
        ax.axvline(1, color=GREY, linewidth=1, linestyle="--")
        ax.set_xlabel("multiples of the step; 0 is before it, 1 after it")
        tidy(ax)
    figure.legend(*whole.get_legend_handles_labels(), loc="outside right center", frameon=False)
    return figure


def lines(ax: Axes, epoch: Array, names: Array, values: Array, title: str) -> None:
    """A line for each layer, (E, names), the deeper the lighter."""
    style: dict[str, Any] = {"linewidth": 1.6, "marker": "o" if len(epoch) < 3 else ""}
    for name, column, colour in zip(names, values.T, shades(len(names)), strict=True):
        ax.plot(epoch, column, color=colour, label=name, **style)
    ax.set(title=title, xlabel="epoch")
    tidy(ax)


def shades(count: int) -> Array:
    """So many colours from dark to light."""
    return colormaps["viridis"](np.linspace(0, 0.85, count))
