"""Which pixels decided: what happens to an answer when a part of the image is covered."""

from collections.abc import Sequence

import numpy as np

from dnn.base.types import Array
from dnn.model import Predictor
from stages.figures.certainty import examples
from stages.figures.findings import Table, surest_errors
from stages.figures.style import SIGNED, Figure, are_long, house_style, new_figure
from stages.figures.tiles import mosaic

PLACES = 28  # along a side, at most, where an image is covered


def covered(model: Predictor, images: Array, typical: Array) -> tuple[Array, Array]:
    """How the lead of the answer over the second changes where a square of the image is covered.

    Covered means: as in the mean training image, so that ink and its absence count alike.

    Args:
        images: (n, pixels), square ones.
        typical: (pixels,), the mean training image.

    Returns:
        (n, places, places) the fall of the difference of both logits with the square at that place, and (n,) whether
        some square changes the answer.

    Source: Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2.
    """
    side = round(images.shape[1] ** 0.5)
    half, step = side // 12, -(-side // PLACES)
    middles = np.arange(step // 2, side, step)
    fall = np.empty((len(images), len(middles), len(middles)))
    changes = np.zeros(len(images), bool)
    for number, image in enumerate(images):
        logits = model.logits(image[None])[0]
        first = logits.argmax()
        second = np.where(np.arange(len(logits)) == first, -np.inf, logits).argmax()
        parts = np.repeat(image[None], len(middles) ** 2, axis=0).reshape(-1, side, side)
        for place, (y, x) in enumerate((y, x) for y in middles for x in middles):
            square = slice(max(0, y - half), y + half + 1), slice(max(0, x - half), x + half + 1)
            parts[place][square] = typical.reshape(side, side)[square]
        told = model.logits(parts.reshape(len(parts), -1))
        lead = told[:, first].astype(np.float64) - told[:, second]
        fall[number] = (float(logits[first]) - float(logits[second]) - lead).reshape(len(middles), -1)
        changes[number] = (told.argmax(axis=1) != first).any()
    return fall, changes


@house_style()
def evidence(
    model: Predictor, images: Array, typical: Array, table: Table, names: Sequence[str], caption: str, most: int = 10
) -> Figure:
    """The squares that speak for an answer and against it, of typical right answers and of the most confident errors
    among the test images, (n, pixels).
    """
    kinds = {"right": examples(table)[0][:most], "wrong": surest_errors(table)[:most]}
    groups = [(kind, rows) for kind, rows in kinds.items() if len(rows)]
    side = round(images.shape[1] ** 0.5)
    size = min(side, 2 * (side // 12) + 1)
    found = [(kind, rows, *covered(model, images[rows], typical)) for kind, rows in groups]
    told = [f"{np.count_nonzero(changes)} of {len(rows)} {kind} answers" for kind, rows, _, changes in found]
    title = f"Covering one square of {size} x {size} pixels changes {' and '.join(told)}"
    figure = new_figure(11, 2.75 * len(groups) + 0.9, caption, title)
    gap, step = max(1, side // 7), -(-side // PLACES)
    for ax, (kind, rows, fall, _) in zip(figure.subplots(len(groups), squeeze=False)[:, 0], found, strict=True):
        scale = abs(fall).max(axis=(1, 2), keepdims=True)
        nearest = (np.arange(side) // step).clip(max=fall.shape[1] - 1)  # of the places where it was covered
        maps = (fall / np.where(scale > 0, scale, 1))[:, nearest][:, :, nearest]
        ink, speaks = (
            mosaic(np.concatenate([tiles, np.full((most - len(rows), side, side), np.nan)]), most, gap)
            for tiles in (images[rows].reshape(-1, side, side), maps)
        )
        width, below = ink.shape[1] - 0.5, 2 * side + gap - 0.5
        ax.axis("off")
        ax.imshow(ink, vmin=0, vmax=1)
        ax.imshow(speaks, cmap=SIGNED, vmin=-1, vmax=1, extent=(-0.5, width, below, side + gap - 0.5))
        if min(side, images[rows].max() * 2) > 1:  # the strokes' outline, where there is one
            y = np.arange(len(ink)) + side + gap
            ax.contour(np.arange(ink.shape[1]), y, np.nan_to_num(ink), [0.5], colors="black", linewidths=0.6)
        ax.set(xlim=(-0.5, width), ylim=(below, -0.5))
        for place, row in enumerate(rows):
            said, truth = names[table["prediction"][row]], names[table["label"][row]]
            between = "\n" if are_long(names) else ", "
            text = said if kind == "right" else f"said {said}{between}is {truth}"
            ax.text(place * (side + gap) + side / 2, -1 - side / 28, text, ha="center", va="bottom", fontsize=8)
    return figure
