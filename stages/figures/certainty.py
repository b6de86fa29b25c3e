"""How sure the network is, and how right."""

from collections.abc import Sequence

import numpy as np

from dnn.base.types import Array
from dnn.calibration import reliability as binned
from stages.figures.findings import Table, coverage, faultless, floored, is_right, leaving, shown, sureness, wilson
from stages.figures.style import BLUE, GREY, ORANGE, Figure, bare, house_style, name_ticks, new_figure, space_for
from stages.figures.tiles import mosaic

MOST = 50  # classes whose bars are legible in one figure
MARKED = (0.5, 0.9, 0.99, 0.999)  # confidences that are named along the curve


def examples(table: Table) -> tuple[Array, Array]:
    """For each class the rows of two right answers: of one of middling confidence, and of the least sure."""
    ranked = np.flatnonzero(is_right(table))
    ranked = ranked[np.argsort(table["confidence"][ranked], kind="stable")]
    by_digit = [ranked[table["label"][ranked] == digit] for digit in np.unique(table["label"][ranked])]
    return np.array([rows[len(rows) // 2] for rows in by_digit], int), np.array([rows[0] for rows in by_digit], int)


@house_style()
def probabilities(images: Array, table: Table, names: Sequence[str], caption: str) -> Figure | None:
    """The probability of each class as a bar, for two right answers of each class among (n, pixels), all test images;
    None where no answer is right, or the classes are too many to be seen.
    """
    columns = [name for name in table if name[0] == "p" and name[1:].isdigit()]
    step, size, left = 0.8, 0.9, -1.6  # from bar to bar; of an image, whose row is 1 high, and where it begins
    places = step * np.arange(len(names))
    halves = examples(table)
    if not len(halves[0]) or len(names) > MOST:
        return None
    room = max(len(names), 6)  # classes
    width = 10 + 0.826 * (room - 10)  # inches, so that the bars of any number of classes are alike
    height = 0.56 * len(halves[0]) + 1.2 + space_for(names) * 0.9
    sure = table["confidence"][is_right(table)]
    half = floored(np.median(sure))
    title = f"Half of the right answers are at least {half} sure, the least sure one is {sure.min():.1%}"
    figure = new_figure(width, height, caption, title)
    for ax, title, rows in zip(figure.subplots(1, 2), ("typical", "the least sure"), halves, strict=True):
        heights = np.stack([table[name][rows] for name in columns], axis=1)
        lines = np.arange(len(rows)) + size  # on which the bars stand
        canvas = mosaic(images[table["index"][rows]], 1)
        bottom = len(canvas) / canvas.shape[1] * size
        ax.imshow(canvas, vmin=0, vmax=1, extent=(left, left + size, bottom, 0))
        best = heights.argmax(axis=1)
        colours = np.where(best[:, None] == np.arange(len(names)), BLUE, GREY)
        tops = lines[:, None] - 0.68 * heights
        ax.vlines(np.tile(places, len(rows)), tops.ravel(), np.repeat(lines, len(names)), colours.ravel(), linewidth=14)
        ax.hlines(lines, places[0] - step / 2, places[-1] + step / 2, color="black", linewidth=0.6)
        for row, k in enumerate(best):
            text = f"{heights[row, k]:.1%}"
            ax.text(places[k], tops[row, k], text, ha="center", va="bottom", fontsize=8, color=BLUE, in_layout=False)
        ax.set(title=title, xlim=(left, step * (room - 0.5)), ylim=(len(rows) + 0.1, -0.15), yticks=[])
        name_ticks(ax, places, names)
        bare(ax)
    return figure


@house_style()
def reliability(table: Table, caption: str) -> Figure:
    """Is the network as often right as it is sure? Accuracy against confidence, and how many predictions lie where; the
    bars are 95 % intervals.
    """
    confidence, accuracy, counts = binned(table["confidence"], is_right(table))
    edges = np.linspace(0, 1, len(counts) + 1)
    used = counts > 0
    x, p, n = confidence[used], accuracy[used], counts[used]
    low, high = wilson(p * n, n)
    figure = new_figure(10, 4.4, caption, sureness(table))
    left, counted = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="as sure as right")
    bars = np.stack([p - low, high - p]).clip(0)
    left.errorbar(x, p, bars, color=BLUE, fmt="o", markersize=5, elinewidth=1, label="predictions, 95% intervals")
    left.set(title="How often it is right", xlabel="confidence", ylabel="accuracy", xlim=(0, 1.03), ylim=(0, 1.05))
    left.legend(loc="lower right" if x.mean() < 0.5 or p.mean() > 0.4 else "upper left")
    counted.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=BLUE, edgecolor="white")
    counted.set(
        title="How sure it is", xlabel="confidence", ylabel="images", yscale="log", xlim=(0, 1), ylim=(0.5, None)
    )
    counted.yaxis.set_major_formatter("{x:,.0f}")
    counted.minorticks_off()
    return figure


@house_style()
def risk_coverage(table: Table, caption: str) -> Figure:
    """The errors that remain when the images of which it is less sure than some bound are left to a person."""
    of = coverage(table)
    n, errors = of.answered[0], of.errors[0]
    left = 100 * (1 - of.answered / n)
    figure = new_figure(8.6, 4.6, caption, leaving(of))
    ax = figure.subplots()
    ax.step(left, of.errors, color=BLUE, where="post", label="the least sure first")
    ax.plot([0, 100], [errors, 0], color=GREY, linestyle=":", label="any at random")
    ax.plot(
        [0, 100 * errors / n, 100], [errors, 0, 0], color=GREY, linestyle="--", linewidth=1, label="the errors alone"
    )
    bound = faultless(of)
    marks = [mark for mark in MARKED if of.at(mark)[0] and mark < (bound or 1)]
    for mark in (*marks, bound) if bound else marks:
        answered, wrong = of.at(mark)
        place = 100 * (1 - answered / n)
        ax.plot(place, wrong, "s" if mark == bound else "o", color=ORANGE if mark == bound else BLUE, clip_on=False)
        text = f"above {shown(mark)}: {place:.1f}% left, {wrong:,} error{'s' * (wrong != 1)}"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        offset = (8, 6 if mark == bound else 20)  # so that the last two, which often lie close, are both read
        ax.annotate(text, (place, wrong), offset, textcoords="offset points", fontsize=8, bbox=box)
    end = 100 * (1 - of.at(bound)[0] / n) if bound else 100
    ax.set(xlim=(0, min(100, max(1.8 * end, 1))), ylim=(0, max(1.08 * errors, 1)))
    ax.set(xlabel="% of the test images left to a person", ylabel="errors in the others")
    ax.legend(title="left to a person")
    return figure
