"""What a network learns first and what last."""

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from dnn.base.types import Array
from stages.figures.axes import ticks, tidy
from stages.figures.colours import BLUE
from stages.figures.results import mosaic, new_figure


def learned_at(epoch: Array, right: Array) -> Array:
    """The epoch from which on each example stays right, 0 where it is wrong in the last.

    Args:
        epoch: (E,) ascending.
        right: (E, n) bool.

    Returns:
        (n,) epochs.
    """
    tail = right[::-1].cumprod(axis=0).sum(axis=0)  # in how many of the last epochs it is right without a break
    return np.where(tail > 0, epoch[len(epoch) - tail.clip(1)], 0)


def forgotten(right: Array) -> Array:
    """How often each example goes from right to wrong: (E, n) bool -> (n,). Toneva et al. 2019, "An empirical study of
    example forgetting during deep neural network learning", section 3.
    """
    return (right[:-1] & ~right[1:]).sum(axis=0)


def learned_first(
    epoch: Array, right: Array, images: Array, digits: Array, caption: str, since: str = "", most: int = 30
) -> Figure:
    """Error by digit and epoch, when images were learned, and which were learned last.

    Args:
        epoch: (E,) ascending.
        right: (E, n) bool, whether the answer is right.
        images, digits: (n, pixels), (n,) of the validation set.
        since: what else the title must say.
        most: images to show at most.
    """
    learned, lost = learned_at(epoch, right), forgotten(right)
    order = np.lexsort((-lost, -learned))[:most]
    shown = order[learned[order] > epoch[0]]
    columns, gap = 10, 14
    rows, cell = max(-(-len(shown) // columns), 1), round(images.shape[1] ** 0.5) + gap
    figure = new_figure(11, 4.4 + 1.15 * rows, caption, f"What it learns first, on the validation images{since}")
    axes = figure.subplot_mosaic([["error", "learned"], ["last", "last"]], height_ratios=[4, 1.15 * rows])
    by_digit, at, last = axes["error"], axes["learned"], axes["last"]
    classes = np.unique(digits)
    error = 100 * np.stack([1 - right[:, digits == digit].mean(axis=1) for digit in classes])
    steps = np.append(epoch, epoch[-1] + 1) - 0.5
    scale = LogNorm(error.min().clip(0.1, 0.9), max(error.max(), 1), clip=True)
    mesh = by_digit.pcolormesh(steps, np.arange(len(classes) + 1) - 0.5, error, cmap="Oranges", norm=scale)
    bar = figure.colorbar(mesh, ax=by_digit, label="% of the digit's images wrong")
    ticks(bar.ax)
    by_digit.set(title="Error by digit", xlabel="epoch", ylabel="digit")
    by_digit.set_yticks(range(len(classes)), [str(digit) for digit in classes])
    counts = [(learned == e).sum() for e in epoch]
    at.bar(epoch, counts, width=0.85, color=BLUE)
    wrong, total = np.count_nonzero(learned == 0), len(learned)
    at.set(title=f"Right for good from then on: all but {wrong:,} of {total:,}", xlabel="epoch", ylabel="images")
    at.set(yscale="log", ylim=(0.5, None))
    at.yaxis.set_major_formatter("{x:,.0f}")
    tidy(at)
    last.axis("off")
    last.set_title("Learned last: digit, epoch from which on it is right, how often it was forgotten before", pad=16)
    if len(shown):
        last.imshow(mosaic(images[shown], columns, gap), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    for place, index in enumerate(shown):
        x, y = place % columns * cell + (cell - gap) / 2, place // columns * cell - 1
        text = f"{digits[index]}: epoch {learned[index]}, {lost[index]}x"
        last.text(x, y, text, ha="center", va="bottom", fontsize=7.5)
    return figure
