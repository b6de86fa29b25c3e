"""Errors of several networks under several conditions, as a picture."""

import pandas as pd

from stages.figures.style import Figure, drawable, house_style, new_figure

MARKS = "osD^vPX*"


@house_style()
def robustness(means: pd.DataFrame, title: str, caption: str) -> Figure:
    """The error of each network under each condition, on a logarithmic scale, the hardest condition on top.

    Args:
        means: accuracies, a row for each condition and a column for each network.
        title, caption: above and below the picture.
    """
    errors = (100 * (1 - means)).clip(lower=0.01)
    errors = errors.loc[errors.mean(axis=1).sort_values().index]
    figure = new_figure(8, 1.6 + 0.3 * len(errors), caption, title)
    ax = figure.subplots()
    for number, (name, column) in enumerate(errors.items()):
        ax.plot(column, range(len(errors)), MARKS[number % len(MARKS)], label=str(name), markersize=6, alpha=0.85)
    ax.set_yticks(range(len(errors)), [drawable(str(name)) for name in errors.index])
    ax.set(xscale="log", xlabel="wrong, % (logarithmic)")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    figure.legend(loc="outside right upper", title="preset")
    return figure
