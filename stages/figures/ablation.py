"""One thing of a recipe changed at a time, as a picture."""

from collections.abc import Sequence

import numpy as np

from dnn.base.types import Array
from stages.figures.style import BLUE, GREY, ORANGE, Figure, drawable, house_style, new_figure


@house_style()
def ablation(names: Sequence[str], errors: Sequence[Array], whole: Array, title: str, caption: str) -> Figure:
    """The errors of each row, seed by seed and their mean, beside those of the recipe as it is.

    Args:
        names: of the changes.
        errors: for each of them the errors in 10,000 images, one for each seed.
        whole: those of the recipe as it is.
        title, caption: above and below the picture.
    """
    order = np.argsort([values.mean() for values in errors], kind="stable")[::-1]
    figure = new_figure(8, 1.4 + 0.3 * len(names), caption, title)
    ax = figure.subplots()
    for marker, colour, said in (("s", ORANGE, "mean, more errors"), ("o", BLUE, "mean, no more errors")):
        ax.plot([], [], marker, color=colour, markersize=7, label=f"{said} than as it is")
    ax.axvspan(whole.min(), whole.max(), color=GREY, alpha=0.2, lw=0, label="as it is, from the least to the most")
    ax.axvline(whole.mean(), color=GREY, lw=1)
    for place, row in enumerate(order):
        worse = errors[row].mean() > whole.mean()
        ax.plot(errors[row], [place] * len(errors[row]), "|", color=GREY, markersize=9)
        ax.plot(errors[row].mean(), place, "s" if worse else "o", color=ORANGE if worse else BLUE, markersize=7)
    ax.set_yticks(range(len(names)), [drawable(names[row]) for row in order])
    ax.set(xlabel="errors in 10,000 test images, of each seed (|) and their mean", ylim=(-0.7, len(names) - 0.3))
    ax.legend(loc="upper right")
    return figure
