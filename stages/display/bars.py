"""Pictures and bars for a terminal, or as plain text where the output is none."""

import os
import shutil
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TextIO

from dnn.base.types import Array
from stages.datasets.centring import SIDE

EIGHTHS = " ▏▎▍▌▋▊▉"
WIDEST_BAR = 50


@dataclass(frozen=True)
class Style:
    """What the output can show.

    Args:
        width: columns.
        blocks: block characters, else ASCII.
        colour: ANSI colours.
    """

    width: int
    blocks: bool
    colour: bool


def style_of(stream: TextIO) -> Style:
    """Colours only on a terminal, and not where NO_COLOR (https://no-color.org) is set."""
    try:
        (EIGHTHS + "▀▄█").encode(stream.encoding or "ascii")
        blocks = True
    except (UnicodeEncodeError, LookupError):
        blocks = False
    colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(shutil.get_terminal_size().columns, blocks, colour)


def bars(labels: list[str], probabilities: Array, style: Style) -> list[str]:
    """One line for each label: its probability in [0, 1] as a bar and in percent; the largest one stands out."""
    margin = max(map(len, labels))
    room = min(max(style.width - margin - len("  100.00%") - 1, 4), WIDEST_BAR)
    pairs = zip(labels, probabilities, strict=True)
    lines = [f"{label:>{margin}} {bar(p, room, style):<{room}} {p:>7.2%}" for label, p in pairs]
    best = int(probabilities.argmax())
    if style.colour:
        lines[best] = f"\x1b[1;32m{lines[best]}\x1b[0m"
    return lines


def bar(fraction: float, room: int, style: Style) -> str:
    """A bar over `fraction` of the room, to an eighth of a character where there are block characters."""
    if not style.blocks:
        return "#" * round(fraction * room)
    whole, eighths = divmod(round(fraction * room * 8), 8)
    return "█" * whole + EIGHTHS[eighths].strip()


def draw(pixels: Array, style: Style) -> list[str]:
    """(784,) in [0, 1] -> 14 lines of 28 characters, each showing two pixels, one above the other."""
    rows = pixels.reshape(SIDE // 2, 2, SIDE)
    if style.colour:
        grey = (232 + (rows * 23).round()).astype(int)  # the 24 greys of the 256-colour palette
        return [
            "".join(f"\x1b[38;5;{a};48;5;{b}m▀" if style.blocks else f"\x1b[48;5;{(a + b) // 2}m " for a, b in pair.T)
            + "\x1b[0m"
            for pair in grey
        ]
    if style.blocks:
        return ["".join(" ▄▀█"[2 * a + b] for a, b in pair.T) for pair in (rows > 0.4).astype(int)]
    return ["".join(" .:-=+*#%@"[level] for level in row) for row in (rows.mean(axis=1) * 9).round().astype(int)]


def chart(labels: list[str], probabilities: Array, style: Style, pixels: Array | None = None) -> list[str]:
    """The bars, and where `pixels` are given the picture to their left, or above them where there is no room."""
    if pixels is None:
        return bars(labels, probabilities, style)
    drawing, room = draw(pixels, style), style.width - SIDE - 2
    if room < 30:
        return drawing + bars(labels, probabilities, style)
    text = ["", "", *bars(labels, probabilities, replace(style, width=room))]
    return [f"{left or ' ' * SIDE}  {right}".rstrip() for left, right in zip_longest(drawing, text, fillvalue="")]


def printable(text: str, encoding: str | None) -> str:
    """Text from outside, such as a file's name, in one line that moves no cursor and that the output can encode."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    encoding = encoding or "ascii"
    return safe.encode(encoding, "backslashreplace").decode(encoding)
