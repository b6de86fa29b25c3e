"""Probabilities as bars in a terminal, or as plain text where the output is none."""

import os
import shutil
import unicodedata
from dataclasses import dataclass
from typing import TextIO

from dnn.base.errors import escaped
from dnn.base.types import Array

EIGHTHS = " ▏▎▍▌▋▊▉"
WIDEST_BAR = 50


@dataclass(frozen=True)
class Style:
    """The abilities of an output.

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
        (EIGHTHS + "█").encode(stream.encoding or "ascii")
        blocks = True
    except (UnicodeEncodeError, LookupError):
        blocks = False
    colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(shutil.get_terminal_size().columns, blocks, colour)


def bars(labels: list[str], probabilities: Array, style: Style) -> list[str]:
    """One line for each label: its probability in [0, 1] as a bar and in percent; the largest one stands out."""
    margin = max(map(columns, labels))
    room = min(max(style.width - margin - len("  100.00%") - 1, 4), WIDEST_BAR)
    pairs = zip(labels, probabilities, strict=True)
    lines = [f"{' ' * (margin - columns(label))}{label} {bar(p, room, style):<{room}} {p:>7.2%}" for label, p in pairs]
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


def columns(text: str) -> int:
    """Columns of a terminal that the text takes: two for each wide character, such as a Japanese one."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def printable(text: str, encoding: str | None) -> str:
    """Text from outside, such as a file's name, in one line that moves no cursor and that the output can encode."""
    encoding = encoding or "ascii"
    return escaped(text).encode(encoding, "backslashreplace").decode(encoding)
