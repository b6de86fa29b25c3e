"""Images as tiles, in one array: that draws many times faster than an axes for each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dnn.base.types import Array
from stages.figures.style import Axes, Figure, house_style, new_figure, space_for


def mosaic(images: Array, columns: int, gap: int = 3) -> Array:
    """Images side by side, `columns` in a row, as one array; gaps and missing images are NaN.

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


def show_images(ax: Axes, images: Array, columns: int, texts: Sequence[str] = (), gap: int = 0, **style: Any) -> None:
    """Draw images, (n, pixels) in [0, 1], as ink on paper, and above each, where given, its text.

    Args:
        gap: pixels above an image and to its right, for the text; 0: half of its side.
        style: of the texts.
    """
    ax.axis("off")
    if not len(images):
        return
    side = round(images.shape[1] ** 0.5)
    gap = gap or max(1, side // 2)
    canvas = mosaic(images, columns, gap)
    ax.imshow(canvas, vmin=0, vmax=1)
    ax.set_ylim(len(canvas), -gap)
    for place, text in enumerate(texts):
        x, y = place % columns * (side + gap) + side / 2, place // columns * (side + gap) - 1
        ax.text(x, y, text, ha="center", va="bottom", fontsize=8, in_layout=False, **style)


@house_style()
def samples(images: Array, digits: Array, names: Sequence[str], caption: str, each: int = 14) -> Figure:
    """The first `each` images, (n, pixels), of every class, a class in each row, beside its name."""
    classes, side = np.unique(digits), round(images.shape[1] ** 0.5)
    gap = max(1, side // 9)
    chosen = np.full((len(classes), each, images.shape[1]), np.nan)
    for place, digit in zip(chosen, classes, strict=True):
        first = np.flatnonzero(digits == digit)[:each]
        place[: len(first)] = images[first]
    counts = np.bincount(digits, minlength=len(names))[classes]
    title = f"{len(digits):,} training images, {counts.min():,} to {counts.max():,} of each of {len(classes)} classes"
    figure = new_figure(0.55 * each + space_for(names), 0.55 * len(classes) + 0.7, caption, title)
    ax = figure.subplots()
    show_images(ax, chosen.reshape(-1, images.shape[1]), each, gap=gap)
    for row, digit in enumerate(classes):
        ax.text(-side * 6 / 28, row * (side + gap) + side / 2, names[digit], ha="right", va="center")
    return figure
