"""One look for every figure, in which a figure's bytes depend on nothing else than what it shows.

Matplotlib takes longer to import than most figures take to draw; the first figure imports it, and not this room.
"""

import io
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os.path import commonprefix
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from dnn.base.errors import InputError
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
SIGNED = "cividis"  # from below 0 to above, for an axis symmetric about 0: also in grey the higher is the lighter


@contextmanager
def house_style() -> Iterator[None]:
    """The style sheet, as a context, or as the decorator of a function that draws; outside of it nothing changes."""
    import matplotlib

    with matplotlib.rc_context(fname=SHEET):
        yield


def new_figure(width: float, height: float, caption: str, title: str = "") -> Figure:
    """An empty figure, in inches, with the caption below and the title, the finding, above, both in as many lines as
    they need.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    lines = "\n".join(map(drawable, caption.split("\n")))
    figure.supxlabel(fitting(lines, int(15 * width)), color="#555555")
    if title:
        figure.suptitle(fitting(title, int(11 * width)))
    return figure


def fitting(text: str, most: int) -> str:
    """The text in lines of at most so many characters."""
    return "\n".join(line for part in text.split("\n") for line in wrap(part, most))


def drawable(text: str) -> str:
    """The text as the figures' font can draw it, and not as mathematics: in place of a character that it lacks, such as
    a Japanese one, stands its sound where its Unicode name has that, else the name.
    """
    from matplotlib.font_manager import findfont, get_font

    known = get_font(findfont("DejaVu Sans")).get_charmap()
    return "".join(c if ord(c) in known and c.isprintable() else spelled(c) for c in text).replace("$", r"\$")


def spelled(character: str) -> str:
    """A character in letters that every font has."""
    name = unicodedata.name(character, "")
    if not name or unicodedata.category(character)[0] in "MC":  # one that changes another, or is not seen
        return ""
    if "LETTER" in name or "SYLLABLE" in name:
        return name.split()[-1].lower()
    return f"U+{ord(character):04X}" if "IDEOGRAPH" in name else name.lower()


def short_names(names: Sequence[str], most: int = 14) -> list[str]:
    """Names of classes for figures: drawable, of at most so many characters, and still different."""
    whole = [drawable(name).replace(r"\$", "$").strip() or f"class {number}" for number, name in enumerate(names)]
    short: list[str] = []
    for number, text in enumerate(whole):
        if len(text) > most:
            # what another name begins with, too, does not tell them apart
            same = max((len(commonprefix([text, other])) for other in whole if other != text), default=0)  # noqa: RUF071
            start = text.rfind(" ", 0, same + 1) + 1 if same > most // 2 else 0
            text = f"{'…' if start else ''}{text[start:]}"
            text = text if len(text) <= most else f"{text[: most - 1].strip()}…"
        if text in short:
            text = f"{text[: most - 4]} {number}"
        short.append(text)
    return [text.replace("$", r"\$") for text in short]


def are_long(names: Sequence[str]) -> bool:
    """Whether names of classes need lines of their own."""
    return max(map(len, names)) > 4


def space_for(names: Sequence[str]) -> float:
    """Inches beside the axes that long names of classes take."""
    return 0.1 * max(map(len, names)) if are_long(names) else 0


def name_ticks(ax: Axes, places: Any, names: Sequence[str]) -> None:
    """Names of classes along the x axis, aslant where they are long."""
    style: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if are_long(names) else {}
    ax.set_xticks(places, names, **style)


def log_ticks(axis: Axis, digits: tuple[int, ...] = (1, 2, 5)) -> None:
    """Plain numbers that begin with these digits along a logarithmic axis: 1, 2, 5, 10 ..."""
    from matplotlib.ticker import LogLocator, NullLocator

    axis.set_major_locator(LogLocator(subs=digits))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def along_epochs(ax: Axes) -> None:
    """Epochs along the x axis, which are whole numbers."""
    from matplotlib.ticker import MaxNLocator

    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))


def bare(ax: Axes) -> None:
    """No grid, frame nor tick marks, for axes whose labels say it all."""
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def title_of(figure: Figure) -> str:
    """The figure's title as plain text."""
    return " ".join(figure.get_suptitle().split()).replace(r"\$", "$")


@house_style()
def png(figure: Figure) -> bytes:
    """The figure as the content of a PNG file, which tells its title: the same for the same figure, as Matplotlib's
    version is left out of it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    content = io.BytesIO()  # `savefig` would draw twice, to find out a size that is known
    canvas: Any = FigureCanvasAgg(figure)
    told = {"Title": title_of(figure)} if figure.get_suptitle() else {}
    canvas.print_png(content, metadata={"Software": None} | told, pil_kwargs={"compress_level": 3})
    return content.getvalue()


def check_kind(path: Path, option: str = "") -> None:
    """Raise InputError where `save` cannot write such a kind of file."""
    from matplotlib.backend_bases import FigureCanvasBase

    if path.suffix[1:].lower() not in FigureCanvasBase.get_supported_filetypes():
        raise InputError(f"{option}{path}: matplotlib cannot write this kind; name it .png, .pdf or .svg")


def save(figure: Figure, path: Path) -> None:
    """Write the figure in the kind that the suffix names, whole or not at all; as PNG, PDF or SVG the same figure gives
    the same bytes.
    """
    check_kind(path)
    with replacing(path) as temporary:
        if path.suffix.lower() == ".png":
            temporary.write_bytes(png(figure))
        else:
            write_other(figure, temporary, path.suffix[1:].lower())


@house_style()
def write_other(figure: Figure, path: Path, kind: str) -> None:
    """Write another kind than PNG, without the time."""
    undated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    figure.savefig(path, format=kind, metadata=undated.get(kind))
