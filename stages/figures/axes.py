"""The look of axes."""

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter


def ticks(ax: Axes) -> None:
    """Plain numbers 1, 2, 5, 10 ... along a logarithmic vertical axis."""
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def tidy(ax: Axes) -> None:
    """A faint grid behind what is drawn, and no box around it."""
    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
