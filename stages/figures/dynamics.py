"""Training dynamics, as `dnn.training.dynamics` keeps them, as figures."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dnn.base.errors import InputError, shown
from dnn.base.npz import npz_layout, read_npz
from dnn.base.types import Array, Shape
from stages.figures.style import GREY, Axes, Figure, along_epochs, house_style, log_ticks, new_figure

Watched = Mapping[str, Array]  # the arrays of dynamics.npz: E epochs, L layers, A activation layers, M multiples

ARRAYS = (
    *("epoch", "learning_rate", "layers", "weight_norm", "gradient_norm", "update_norm"),
    *("activations", "mean", "std", "zeros", "dead", "multiples", "landscape", "right"),
)


def load_dynamics(path: Path, images: int) -> dict[str, Array]:
    """The arrays of dynamics.npz by their names, which `dnn.training.dynamics.Dynamics` explains.

    Args:
        path: of the file.
        images: of the validation set that was watched.

    Raises:
        InputError: it is missing or damaged, or the arrays do not fit together.
    """
    layout = npz_layout(path, *ARRAYS)
    shapes = {name: shape for name, (shape, _) in zip(ARRAYS, layout, strict=True)}
    E, L, A, M = ((*shapes[name], 0)[0] for name in ("epoch", "layers", "activations", "multiples"))
    needed: dict[str, Shape] = {"layers": (L,), "activations": (A,), "multiples": (M,), "landscape": (E, M)}
    needed |= {"epoch": (E,), "learning_rate": (E,), "right": (E, -(-images // 8))}
    needed |= dict.fromkeys(("weight_norm", "gradient_norm", "update_norm"), (E, L))
    needed |= dict.fromkeys(("mean", "std", "zeros", "dead"), (E, A))
    kinds = dict.fromkeys(("layers", "activations"), "U") | {"right": "u"}
    wrong = [name for name in ARRAYS if shapes[name] != needed[name] or not E]
    wrong += [name for name, (_, dtype) in zip(ARRAYS, layout, strict=True) if dtype.kind not in kinds.get(name, "if")]
    if wrong:
        told = f"{wrong[0]} is {shown(shapes[wrong[0]])}, needed is {needed[wrong[0]]}"
        raise InputError(f"{path} is damaged: {told}; `dvc repro -f train` makes it anew")
    return dict(zip(ARRAYS, read_npz(path, *ARRAYS), strict=True))


@house_style()
def norms(watched: Watched, caption: str) -> Figure:
    """Norms of weights and gradients, and updates against weights, of each layer by epoch."""
    weight, update = watched["weight_norm"], watched["update_norm"]
    ratio = np.divide(update, weight, out=np.zeros_like(update), where=weight > 0)
    first, last = np.median(ratio[0]), np.median(ratio[-1])
    title = (
        f"A step changes the weights by {first:.1g} of themselves at first, and by {last:.1g} at last{since(watched)}"
    )
    figure = new_figure(12, 4, caption, title)
    weights, gradients, ratios = figure.subplots(1, 3)
    for ax, values, heading in (
        (weights, weight, "Norm of the weights"),
        (gradients, watched["gradient_norm"], "Norm of the gradient"),
        (ratios, ratio, "Update-to-weight ratio"),
    ):
        lines(ax, watched["epoch"], watched["layers"], np.where(values > 0, values, np.nan), heading)
    weights.set_ylim(0, None)
    gradients.set_yscale("log")
    log_ticks(gradients.yaxis)
    ratios.set(yscale="log", ylim=(1e-6, None))
    ratios.axhline(1e-3, color=GREY, linestyle="--", linewidth=1)
    figure.legend(*weights.get_legend_handles_labels(), loc="outside right center")
    return figure


@house_style()
def activations(watched: Watched, caption: str) -> Figure | None:
    """Statistics of the activation layers by epoch; None where there are no such layers."""
    if not len(watched["activations"]):
        return None
    dead = 100 * watched["dead"][-1]
    worst = watched["activations"][dead.argmax()]
    title = f"At the end at most {dead.max():.0f}% of a layer's units are dead, in {worst}{since(watched)}"
    if not dead.max():
        title = f"No unit is dead at the end{since(watched)}"
    figure = new_figure(9, 6.4, caption, title)
    panels = {
        "Mean": watched["mean"],
        "Standard deviation": watched["std"],
        "% zeros": 100 * watched["zeros"],
        "% dead units": 100 * watched["dead"],
    }
    axes = figure.subplots(2, 2).ravel()
    for ax, (title, values) in zip(axes, panels.items(), strict=True):
        lines(ax, watched["epoch"], watched["activations"], values, title)
        ax.set_ylim(min(0, np.nanmin(values)), max(1.05 * np.nanmax(values), 0) if values.any() else 1)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center")
    return figure


@house_style()
def landscape(watched: Watched, caption: str) -> Figure | None:
    """The loss along the direction of a step after some epochs; None where it was not measured."""
    multiples, losses = watched["multiples"], watched["landscape"]  # (M,), (E, M), NaN where not measured
    measured = np.flatnonzero(np.isfinite(losses[:, multiples == 0]).all(axis=1))
    if not len(measured):
        return None
    fall = losses[measured][:, multiples == 1][:, 0] / losses[measured][:, multiples == 0][:, 0] - 1
    when = watched["epoch"][measured]
    title = f"One step changes the loss of its own batch by {fall[0]:+.1%} after epoch {when[0]}"
    if len(when) > 1:
        title += f", by {fall[-1]:+.1%} after epoch {when[-1]}"
    figure = new_figure(11, 4.2, caption, title)
    whole, near = figure.subplots(1, 2)
    close = abs(multiples) <= 4
    for index, colour in zip(measured, shades(len(measured)), strict=True):
        line, label = losses[index], f"epoch {watched['epoch'][index]}, rate {watched['learning_rate'][index]:.2g}"
        whole.plot(multiples, line, color=colour, marker=".", label=label)
        near.plot(multiples[close], line[close] / line[multiples == 0] - 1, color=colour, marker=".")
    whole.set(title="The whole line", ylabel="loss", yscale="log")
    log_ticks(whole.yaxis)
    whole.set_xscale("symlog", linthresh=1)
    whole.set_xticks(multiples, [f"{multiple:g}" for multiple in multiples])
    whole.set_xticks([], minor=True)
    near.set(title="Near the step, against the loss before it")
    near.yaxis.set_major_formatter("{x:+.0%}")
    for ax in (whole, near):
        ax.axvline(1, color=GREY, linewidth=1, linestyle="--")
        ax.set_xlabel("multiples of the step; 0 is before it, 1 after it")
    figure.legend(*whole.get_legend_handles_labels(), loc="outside right center")
    return figure


def since(watched: Watched) -> str:
    """Words for a title, where the first epochs were not watched."""
    first = watched["epoch"][0]
    return f" (watched from epoch {first} on)" if first > 1 else ""


def lines(ax: Axes, epoch: Array, names: Array, values: Array, title: str) -> None:
    """A line for each layer, (E, names), the deeper the lighter."""
    for name, column, colour in zip(names, values.T, shades(len(names)), strict=True):
        ax.plot(epoch, column, color=colour, label=name, marker="o" if len(epoch) < 3 else "")
    ax.set(title=title)
    along_epochs(ax)


def shades(count: int) -> Array:
    """So many colours from dark to light."""
    from matplotlib import colormaps

    return colormaps["viridis"](np.linspace(0, 0.85, count))
