"""The share that the measure of doubt finds of what is unlike any digit."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stages.figures.findings import shown
from stages.figures.style import BLUE, GREY, Figure, house_style, new_figure

OTHERS = (0.001, 0.01)  # shares of the digits at which it could have been chosen as well


def doubted(found: Mapping[str, Any]) -> str:
    """A sentence on how much is doubted of other things, and how many digits are."""
    place = found["false_alarms"].index(found["at"])
    shares = {kind: row[place] for kind, row in found["kinds"].items()}
    least, most = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
    return (
        f"{shown(found['at'])} of unseen digits are doubted, and {shares[least]:.0%} ({words(least)}) to "
        f"{shares[most]:.0%} ({words(most)}) of other things"
    )


def words(kind: str) -> str:
    """The name of a kind of things as words."""
    return kind.replace("_", " ")


@house_style()
def doubt(found: Mapping[str, Any], caption: str) -> Figure:
    """The share of things of each kind that are doubted at the threshold, and what it would be at others.

    Args:
        found: `false_alarms`, ascending shares of the digits, `at`, the one that was chosen, `unseen`, the kinds that
            were no part of the training, and `kinds`, by name the shares at each of the false alarms.
        caption: the data set.
    """
    alarms = np.array(found["false_alarms"])
    place = found["false_alarms"].index(found["at"])
    kinds = sorted(found["kinds"].items(), key=lambda item: item[1][place])
    others = sorted({int(abs(np.log(alarms / other)).argmin()) for other in OTHERS} - {place})
    figure = new_figure(8.6, 1.6 + 0.3 * len(kinds), caption, doubted(found))
    ax = figure.subplots()
    for row, (_, shares) in enumerate(kinds):
        drawn = [100 * shares[index] for index in (*others, place)]
        ax.plot([min(drawn), max(drawn)], [row, row], color=GREY, linewidth=1)
    drawn = [(index, marker, GREY) for index, marker in zip(others, "<>", strict=False)]
    for index, marker, colour in (*drawn, (place, "o", BLUE)):
        label = f"at {shown(float(f'{alarms[index]:.2g}'))}{', the threshold' if index == place else ''}"
        ax.plot([100 * shares[index] for _, shares in kinds], range(len(kinds)), marker, color=colour, label=label)
    for row, (_, shares) in enumerate(kinds):
        at, text = (100 * shares[place], row), f"{shares[place]:.0%}"
        ax.annotate(text, at, (0, 5), textcoords="offset points", ha="center", fontsize=8)
    unseen = {kind: f"{words(kind)}, never seen" for kind in found["unseen"]}
    ax.set_yticks(range(len(kinds)), [unseen.get(kind, words(kind)) for kind, _ in kinds])
    ax.set(xlabel="% of these things doubted", ylim=(-0.6, len(kinds) - 0.2))
    ax.set_xlim(right=101)
    figure.legend(loc="outside right center", title="of unseen digits\ndoubted")
    return figure
