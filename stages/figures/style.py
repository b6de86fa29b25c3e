"""One look for every figure, in which a figure's bytes depend on nothing else than what it shows.

Matplotlib takes longer to import than most figures take to draw; the first figure imports it, and not this room.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnn.base.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure as Figure
else:
    Axes = Axis = Figure = Any

SHEET = Path(__file__).with_name("house.mplstyle")
# Of the Okabe-Ito palette, which colour-blind readers tell apart, as is the sheet's cycle of colours, and a grey.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#999999"


@contextmanager
def house_style() -> Iterator[None]:
    """The style sheet, as a context, or as the decorator of a function that draws; outside of it nothing changes."""
    import matplotlib

    with matplotlib.rc_context(fname=SHEET):
        yield


def new_figure(width: float, height: float, caption: str, title: str = "") -> Figure:
    """An empty figure, in inches, with the caption below and the title above."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    figure.supxlabel(caption, color="#555555")
    if title:
        figure.suptitle(title)
    return figure


def log_ticks(axis: Axis, digits: tuple[int, ...] = (1, 2, 5)) -> None:
    """Plain numbers that begin with these digits along a logarithmic axis: 1, 2, 5, 10 ..."""
    from matplotlib.ticker import LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=digits))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def bare(ax: Axes) -> None:
    """No grid, frame nor tick marks, for axes whose labels say it all."""
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


@house_style()
def png(figure: Figure) -> bytes:
    """The figure as the content of a PNG file, the same for the same figure: Matplotlib's version is left out of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    content = io.BytesIO()  # `savefig` would draw twice, to find out a size that is known
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(content, metadata={"Software": None}, pil_kwargs={"compress_level": 3})
    return content.getvalue()


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PNG, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(png(figure))
