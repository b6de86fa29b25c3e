"""The order in which a network learns: what comes first, what last, and what is forgotten on the way."""

from collections.abc import Sequence

import numpy as np

from dnn.base.types import Array
from stages.figures.dynamics import Watched, since
from stages.figures.style import BLUE, Figure, along_epochs, are_long, house_style, log_ticks, new_figure
from stages.figures.tiles import show_images


def learned_at(epoch: Array, right: Array) -> Array:
    """The epoch from which on each example stays right, 0 where it is wrong in the last: (E,) ascending epochs and
    (E, n) bool -> (n,).
    """
    tail = right[::-1].cumprod(axis=0).sum(axis=0)  # in how many of the last epochs it is right without a break
    return np.where(tail > 0, epoch[len(epoch) - tail.clip(1)], 0)


def forgotten(right: Array) -> Array:
    """How often each example goes from right to wrong: (E, n) bool -> (n,). Toneva et al. 2019, "An empirical study of
    example forgetting during deep neural network learning", section 3.
    """
    return (right[:-1] & ~right[1:]).sum(axis=0)


@house_style()
def learned_first(
    watched: Watched, images: Array, digits: Array, names: Sequence[str], word: str, caption: str, most: int = 30
) -> Figure:
    """Error by class and epoch, when images were learned, and which, at most so many, were learned last: of the
    validation set that was watched, (n, pixels) and (n,). For `names` and `word` see `stages.figures.catalogue`.
    """
    from matplotlib.colors import LogNorm

    epoch = watched["epoch"]
    right = np.unpackbits(watched["right"], axis=1, count=len(digits)).astype(bool)
    learned, lost = learned_at(epoch, right), forgotten(right)
    order = np.lexsort((-lost, -learned))[:most]
    shown = order[learned[order] > epoch[0]]
    columns = 6 if are_long(names) else 10
    height = 11.5 / columns * max(-(-len(shown) // columns), 1)  # inches
    early, never = np.count_nonzero(learned == epoch[0]), np.count_nonzero(learned == 0)
    title = (
        f"Of {len(learned):,} validation images {early:,} are right from epoch {epoch[0]} on, {never:,} wrong in the "
        f"last{since(watched)}"
    )
    figure = new_figure(11, 4.4 + height, caption, title)
    axes = figure.subplot_mosaic([["error", "learned"], ["last", "last"]], height_ratios=[4, height])
    by_digit, at, last = axes["error"], axes["learned"], axes["last"]
    classes = np.unique(digits)
    error = 100 * np.stack([1 - right[:, digits == digit].mean(axis=1) for digit in classes])
    steps = np.append(epoch, epoch[-1] + 1) - 0.5
    scale = LogNorm(error.min().clip(0.1, 0.9), max(error.max(), 1), clip=True)
    mesh = by_digit.pcolormesh(steps, np.arange(len(classes) + 1) - 0.5, error, cmap="Oranges", norm=scale)
    log_ticks(figure.colorbar(mesh, ax=by_digit, label=f"% of the {word}'s images wrong").ax.yaxis)
    by_digit.set(title=f"Error by {word}", ylabel=word)
    by_digit.set_yticks(range(len(classes)), [names[digit] for digit in classes])
    at.bar(epoch, [(learned == e).sum() for e in epoch], width=0.85, color=BLUE)
    at.set(title="Right for good from then on", ylabel="images")
    for ax in (by_digit, at):
        along_epochs(ax)
    at.set(yscale="log", ylim=(0.5, None))
    at.yaxis.set_major_formatter("{x:,.0f}")
    last.set_title(f"Learned last: {word}, epoch from which on it is right, how often it was forgotten before")
    after = "\n" if are_long(names) else ": "
    texts = [f"{names[digits[index]]}{after}epoch {learned[index]}\nforgotten {lost[index]}x" for index in shown]
    gap = round(0.65 * images.shape[1] ** 0.5) if are_long(names) else 0  # for three lines of text
    show_images(last, images[shown], columns, texts, gap)
    last.set_xlim(right=last.get_xlim()[1] + gap)  # the last name in a row reaches beyond its image
    return figure
