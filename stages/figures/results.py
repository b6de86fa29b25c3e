"""Arrays in, matplotlib figures out. Every figure says under it which data it was made from."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from dnn.base.types import Array
from stages.figures.colours import BLUE, GREY, ORANGE


def new_figure(width: float, height: float, caption: str, title: str = "") -> Figure:
    """An empty figure, in inches, with the caption below and the title above."""
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.supxlabel(caption, fontsize=8, color="#555555")
    if title:
        figure.suptitle(title, fontsize=12)
    return figure


def show_digit(ax: Axes, image: Array) -> None:
    """Draw (pixels,) in [0, 1] as ink on paper."""
    side = round(image.size**0.5)
    ax.imshow(image.reshape(side, side), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    ax.axis("off")


def mosaic(images: Array, columns: int, gap: int = 3) -> Array:
    """Images side by side, `columns` in a row, as one array; gaps and missing images are NaN.

    One large image draws many times faster than a plot for each.

    Args:
        images: (n, height, width), or (n, pixels) of square ones.
    """
    if images.ndim == 2:
        side = round(images.shape[1] ** 0.5)
        images = images.reshape(-1, side, side)
    count, height, width = images.shape
    rows = -(-count // columns)
    canvas = np.full((rows * columns, height + gap, width + gap), np.nan)
    canvas[:count, :height, :width] = images
    stacked = canvas.reshape(rows, columns, height + gap, width + gap).swapaxes(1, 2)
    return stacked.reshape(rows * (height + gap), columns * (width + gap))[:-gap, :-gap]


def samples(images: Array, digits: Array, caption: str, each: int = 14) -> Figure:
    """The first `each` images of every class, a class in each row."""
    classes = np.unique(digits)
    rows = [np.flatnonzero(digits == digit)[:each] for digit in classes]
    chosen = np.full((len(rows), each, images.shape[1]), np.nan)
    for place, row in zip(chosen, rows, strict=True):
        place[: len(row)] = images[row]
    figure = new_figure(0.55 * each, 0.55 * len(rows) + 0.6, caption, "Training images")
    ax = figure.subplots()
    ax.imshow(mosaic(chosen.reshape(-1, images.shape[1]), each), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    cell = round(images.shape[1] ** 0.5) + 3
    ax.set_yticks(cell * np.arange(len(rows)) + cell / 2 - 2, classes)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure


def confusion(label: Array, prediction: Array, classes: Array, caption: str) -> Figure:
    """How often each digit was taken for which: counts, and percent of the digit's images."""
    counts = pd.crosstab(label, prediction).reindex(index=classes, columns=classes, fill_value=0).to_numpy()
    percent = 100 * counts / counts.sum(axis=1, keepdims=True).clip(1)
    figure = new_figure(12, 5.6, caption)
    panels = ((counts, "Images", "{:,.0f}"), (percent, "% of the digit's images", "{:.1f}"))
    for ax, (values, title, form) in zip(figure.subplots(1, 2), panels, strict=True):
        # The right answers would drown the mistakes on a common scale, so colour shows the mistakes alone.
        mistakes = np.where(np.eye(len(classes), dtype=bool), np.nan, values)
        ax.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(np.nanmax(mistakes) * 1.3, 1e-9))
        for (row, column), value in np.ndenumerate(values):
            if value:
                right = row == column
                ax.text(
                    column, row, form.format(value), ha="center", va="center", fontsize=8, color=BLUE if right else "k"
                )
        ax.set(title=title, xlabel="predicted", ylabel="actual")
        ax.set_xticks(range(len(classes)), classes)
        ax.set_yticks(range(len(classes)), classes)
        ax.spines[:].set_visible(False)
    return figure


def mistakes(images: Array, table: pd.DataFrame, caption: str, most: int = 40) -> Figure:
    """The wrong predictions, the most confident first.

    Args:
        images: (n, pixels), all test images.
        table: rows of predictions.csv that are wrong, in the order to show.
        most: how many at most.
    """
    shown, columns, gap = table.head(most), 8, 12
    title = f"{len(table)} mistakes" + (f", the {len(shown)} most confident" if len(shown) < len(table) else "")
    rows, cell = max(-(-len(shown) // columns), 1), round(images.shape[1] ** 0.5) + gap
    figure = new_figure(columns * 1.35, rows * 1.35 + 0.75, caption, title)
    ax = figure.subplots()
    ax.axis("off")
    if len(shown):
        ax.imshow(mosaic(images[shown["index"]], columns, gap), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    fields = (shown[name] for name in ("prediction", "label", "confidence"))
    for place, (prediction, label, confidence) in enumerate(zip(*fields, strict=True)):
        x, y = place % columns * cell + (cell - gap) / 2, place // columns * cell - 1
        text = f"said {prediction}, is {label}\n{confidence:.1%} sure"
        ax.text(x, y, text, ha="center", va="bottom", fontsize=8, color=ORANGE)
    return figure


def probabilities(images: Array, table: pd.DataFrame, caption: str) -> Figure:
    """Some images with the probability of each digit as a bar.

    Args:
        images: (n, pixels), all test images.
        table: the rows of predictions.csv to show, in pairs: a typical one, and the least sure.
    """
    names = [name for name in table.columns if name[0] == "p" and name[1:].isdigit()]
    rows = max(-(-len(table) // 2), 1)
    figure = new_figure(10, rows * 1.35 + 0.7, caption, "Right answers and their probabilities")
    grid = figure.subplots(rows, 4, squeeze=False, width_ratios=[1, 2.6, 1, 2.6])
    for ax in grid.flat:
        ax.axis("off")
    for column, title in ((1, "typical"), (3, "the least sure")):
        grid[0, column].set_title(title, fontsize=10)
    for (picture, bars), (_, row) in zip(grid.reshape(-1, 2), table.iterrows(), strict=False):
        show_digit(picture, images[int(row["index"])])
        bars.axis("on")
        values = row[names].to_numpy(float)
        best = values.argmax()
        bars.bar(range(len(names)), values, color=[BLUE if k == best else GREY for k in range(len(names))])
        bars.text(best, values[best] + 0.04, f"{values[best]:.1%}", ha="center", va="bottom", fontsize=8, color=BLUE)
        bars.set(ylim=(0, 1.3), yticks=[])
        bars.set_xticks(range(len(names)), [name[1:] for name in names], fontsize=8)
        bars.tick_params(length=0)
        bars.spines[["top", "right", "left"]].set_visible(False)
    return figure


def first_layer(W: Array, caption: str, most: int = 256) -> Figure:
    """What the units or filters of the first layer look for, as tiles, the strongest first.

    Args:
        W: (inputs, units) of a dense layer, or (height, width, channels, filters) of a convolution, which has a tile
            for each channel of each filter. Inputs that are no square image are drawn as one matrix.
        most: tiles at most.
    """
    unit, tiles = "unit", W.T[None]
    if W.ndim == 4:
        unit, tiles = "kernel", W.transpose(3, 2, 0, 1).reshape(-1, *W.shape[:2])
    elif round(len(W) ** 0.5) ** 2 == len(W):
        tiles = W.T.reshape(W.shape[1], -1, round(len(W) ** 0.5))
    norms = np.linalg.norm(tiles, axis=(1, 2))
    tiles = tiles[np.argsort(-norms, kind="stable")[:most]]
    tiles = tiles / np.abs(tiles).max(axis=(1, 2), keepdims=True).clip(1e-12)
    own_scale = f", each {unit} on its own scale" if len(norms) > 1 else ""
    strongest = f", the {most} strongest of {len(norms):,}" if len(norms) > most else ""
    columns = min(16, len(tiles))
    rows = -(-len(tiles) // columns)
    title = f"Weights of the first layer{strongest}{own_scale}:\nblue adds, red subtracts"
    figure = new_figure(max(columns * 0.62, 5), max(rows * 0.62, 2) + 0.7, caption, title)
    ax = figure.subplots()
    gap = max(1, tiles.shape[1] // 9)
    ax.imshow(mosaic(tiles, columns, gap), cmap="RdBu", vmin=-1, vmax=1, interpolation="nearest")
    ax.axis("off")
    return figure


def learning_rate(epoch: Array, rate: Array, caption: str) -> Figure:
    """The schedule: learning rate at the end of each epoch."""
    figure = new_figure(6, 3.2, caption, "Learning rate")
    ax = figure.subplots()
    ax.plot(epoch, rate, color=BLUE, marker="o" if len(epoch) < 3 else "")
    ax.set(xlabel="epoch", ylim=(0, None))
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def reliability(confidence: Array, accuracy: Array, counts: Array, caption: str) -> Figure:
    """Is the network as often right as it is sure? Accuracy against confidence, and how many predictions lie where.

    Args:
        confidence, accuracy, counts: of each bin, as `dnn.calibration.reliability` gives them; NaN where empty.
    """
    figure = new_figure(10, 4.2, caption)
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="as sure as right")
    left.scatter(
        confidence, accuracy, s=14 + 120 * np.sqrt(counts / counts.max()), color=BLUE, alpha=0.8, label="predictions"
    )
    left.set(title="Reliability", xlabel="confidence", ylabel="accuracy", xlim=(0, 1.03), ylim=(0, 1.05))
    left.legend(frameon=False, loc="lower right")
    edges = np.linspace(0, 1, len(counts) + 1)
    right.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=BLUE, edgecolor="white")
    right.set(title="Confidence", xlabel="confidence", ylabel="images", yscale="log", xlim=(0, 1), ylim=(0.5, None))
    right.yaxis.set_major_formatter("{x:,.0f}")
    for ax in (left, right):
        ax.grid(alpha=0.25)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def transfer(table: pd.DataFrame, caption: str) -> Figure:
    """What a trained network is worth to another task with few labelled images.

    Args:
        table: columns images, seed, method, accuracy; one row for each training.
    """
    figure = new_figure(6.6, 4, caption, "From MNIST to scikit-learn's digits")
    ax = figure.subplots()
    for (method, group), colour in zip(table.groupby("method", sort=False), (GREY, BLUE, ORANGE), strict=False):
        summary = group.groupby("images")["accuracy"].agg(["mean", "min", "max"])
        ax.plot(summary.index, 100 * summary["mean"], marker="o", color=colour, label=method)
        ax.fill_between(
            summary.index, 100 * summary["min"], 100 * summary["max"], color=colour, alpha=0.15, linewidth=0
        )
    ax.set(xlabel="labelled images", ylabel="% of unseen digits right", xscale="log")
    ax.set_xticks(sorted(table["images"].unique()), [str(n) for n in sorted(table["images"].unique())])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, title=f"mean and range of {table['seed'].nunique()} seeds")
    return figure


def finder(rates: Array, losses: Array, steepest: float, caption: str) -> Figure:
    """The loss of a training whose learning rate grows from step to step, and where it falls fastest."""
    figure = new_figure(6.6, 3.8, caption, "Learning-rate finder")
    ax = figure.subplots()
    ax.plot(rates, losses, color=BLUE)
    ax.axvline(steepest, color=ORANGE, linestyle="--", label=f"falls fastest near {steepest:.2g}")
    ax.set(xscale="log", xlabel="learning rate", ylabel="smoothed training loss")
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return figure
