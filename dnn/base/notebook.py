"""Tables and learning curves as HTML for notebooks, which need no network and fit light and dark pages."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from math import ceil
from typing import Any

WIDTH, HEIGHT = 300, 150  # of the field of a figure, in pixels
LEFT, TOP, BELOW = 60, 24, 30  # margins
POINTS = 300  # of a curve at most
# Blue and vermilion, which everyone tells apart; validation is dashed, too.
CURVES = (("train_", "training", "#2084c7", ""), ("val_", "validation", "#d55e00", "5 3"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of texts, of which all but the first stand on the right."""
    cells = "".join(row(cells, "td") for cells in rows)
    return f'<table style="text-align:right;color:inherit">{row(head, "th")}{cells}</table>'


def row(cells: Sequence[str], kind: str) -> str:
    """A row of a table."""
    first, *others = (escape(cell) for cell in cells)
    return (
        f'<tr><{kind} style="text-align:left">{first}</{kind}>{"".join(f"<{kind}>{c}</{kind}>" for c in others)}</tr>'
    )


def learning_curves(history: Sequence[Mapping[str, Any]]) -> str:
    """Loss and accuracy by epoch as a drawing; nothing without an epoch."""
    if not history:
        return ""
    width = 2 * (LEFT + WIDTH) + 12
    fields = "".join(
        f'<g transform="translate({LEFT + place * (LEFT + WIDTH)} {TOP})">{field(history, name)}</g>'
        for place, name in enumerate(("loss", "accuracy"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {TOP + HEIGHT + BELOW}" role="img" '
        f'style="width:100%;max-width:{width}px;font:12px sans-serif" fill="currentColor">'
        f"<title>Learning curves</title>{fields}</svg>"
    )


def field(history: Sequence[Mapping[str, Any]], name: str) -> str:
    """One figure: a curve for each set of examples that has the score, its name and its last value."""
    steps = history[:: ceil(len(history) / POINTS)]
    steps = steps if steps[-1] is history[-1] else [*steps, history[-1]]
    found = [
        (words, colour, dashes, [(r["epoch"], r[prefix + name]) for r in steps if prefix + name in r])
        for prefix, words, colour, dashes in CURVES
    ]
    values = [value for *_, points in found for _, value in points]
    low, high = min(values), max(values)
    span, last = high - low or 1, max(history[-1]["epoch"] - 1, 1)
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="currentColor" stroke-opacity=".3"/>']
    parts += [text(-6, y, "end", f"{value:.4g}") for y, value in ((HEIGHT, low), (10, high))]
    parts += [text(0, HEIGHT + 16, "start", "epoch 1"), text(WIDTH, HEIGHT + 16, "end", f"{history[-1]['epoch']}")]
    label = name
    for words, colour, dashes, points in found:
        if points:
            places = [((e - 1) / last * WIDTH, HEIGHT - (value - low) / span * HEIGHT) for e, value in points]
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            pen = f'fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dashes}"'
            parts.append(f'<polyline points="{line}" {pen}/>')
            x, y = places[-1]
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>')
            label += f'<tspan fill="{colour}" dx="10">{words} {points[-1][1]:.4g}</tspan>'
    return "".join([*parts, f'<text y="-8">{label}</text>'])


def text(x: float, y: float, anchor: str, words: str) -> str:
    """A text that begins, or ends, at that point."""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
