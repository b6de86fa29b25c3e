"""Bars for every kind of output."""

import io

import numpy as np
import pytest

from stages.display.bars import Style, bars, style_of


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("blocks", [True, False])
def test_bars_fit_the_width(width, blocks):
    probabilities = np.array([1.0, 0.5, 0.0, 0.004])
    lines = bars(["0", "1", "2", "3"], probabilities, Style(width, blocks, colour=False))
    assert max(map(len, lines)) <= width
    lengths = [sum(c in "█▏▎▍▌▋▊▉#" for c in line) for line in lines]
    assert lengths[0] == min(width - 11, 50)
    assert abs(lengths[1] - lengths[0] / 2) <= 0.5
    assert lengths[2] == 0
    assert blocks or "".join(lines).isascii()


@pytest.mark.parametrize(("encoding", "blocks"), [("utf-8", True), ("ascii", False), ("cp1252", False)])
def test_style_follows_the_encoding(encoding, blocks):
    style = style_of(io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert (style.blocks, style.colour) == (blocks, False)


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_colour_on_a_terminal_only_where_wanted(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert style_of(Screen()).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not style_of(Screen()).colour


def test_wide_characters_take_two_columns():
    lines = bars(["きれい", "T-shirt"], np.array([1.0, 0.0]), Style(40, blocks=False, colour=False))
    assert [line.index(" ", 2) for line in lines] == [4, 7]
    assert lines[0].startswith(" きれい ###")
