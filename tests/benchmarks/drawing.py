"""The benchmark as a table and as figures."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from stages.figures.style import BLUE, GREY, ORANGE, house_style, new_figure
from tests.benchmarks.clock import Row

LABELS = {"images": "images", "width": "units of each layer", "depth": "hidden layers", "batch": "batch size"}


def amount(value: float, unit: str) -> str:
    """With three digits, in a unit that suits it."""
    if unit == "s" and value < 1:
        for factor, small in ((1e3, "ms"), (1e6, "µs")):
            if value * factor >= 1 or small == "µs":
                return f"{value * factor:.3g} {small}"
    return f"{value:.3g} {unit}"


def table(rows: list[Row], about: str) -> str:
    """Markdown."""
    lines = ["| work | ours | best peer | ratio (from - to) | goal | |", "|---|---|---|---|---|---|"]
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer_name}: {amount(row.peer, row.unit)}"
        low, high = row.spread
        ratio = f"{row.ratio:.2f} ({low:.2f} - {high:.2f})" if row.ratio is not None else ""
        goal = f"{row.goal:.3g}" if row.ratio is not None else amount(row.goal, row.unit)
        met = "met" if row.met else "missed"
        lines.append(f"| {row.work} | {amount(row.ours, row.unit)} | {peer} | {ratio} | {goal} | {met} |")
    return "\n".join([*lines, "", about, ""])


@house_style()
def bars(rows: list[Row], about: str) -> Figure:
    """Ratios with their spread, the goal of each, and 1, where ours and the peer take the same."""
    rows = [row for row in rows if row.ratio is not None][::-1]
    figure = new_figure(9, 0.8 + 0.5 * len(rows), about, "Ours against the best peer (shorter is better)")
    ax = figure.subplots()
    ratios = [float(row.ratio or 0) for row in rows]
    errors = [[r - row.spread[0] for r, row in zip(ratios, rows, strict=True)],
              [row.spread[1] - r for r, row in zip(ratios, rows, strict=True)]]  # fmt: skip
    colours = [BLUE if row.met else ORANGE for row in rows]
    ax.barh(range(len(rows)), ratios, xerr=[[max(0, e) for e in side] for side in errors], color=colours, height=0.55,
            error_kw={"ecolor": "#333333", "capsize": 3, "lw": 1})  # fmt: skip
    for place, row in enumerate(rows):
        ax.plot([row.goal] * 2, [place - 0.38, place + 0.38], color="black", lw=2)
        ax.annotate(f"{row.ratio:.2f}", (max(row.spread[1], row.goal), place), xytext=(6, 0),
                    textcoords="offset points", va="center", fontsize=9)  # fmt: skip
    ax.axvline(1, color=GREY, lw=1, ls="--", zorder=0)
    ax.set_yticks(range(len(rows)), [f"{row.work}\nvs {row.peer_name}" for row in rows], fontsize=8)
    ax.set_xlabel("time of ours / time of the peer; black: the goal; orange: missed; whiskers: all repeats")
    ax.set_xlim(0, 1.15 * max(max(row.spread[1], row.goal) for row in rows))
    return figure


@house_style()
def growth(measured: dict[str, Any], about: str) -> Figure:
    """Seconds an epoch with the floor, and memory, along each of the axes."""
    base = measured["base"]
    title = "Cost of an epoch: {images:,} images, {depth} layers of {width} units, batch {batch}, one thread".format(
        **base
    )
    figure = new_figure(12, 6, about, title)
    for column, (axis, lines) in zip(figure.subplots(2, 4).T, measured["axes"].items(), strict=True):
        time, memory = column
        time.plot(lines["values"], lines["ours"], "o-", color=BLUE, label="ours")
        time.plot(lines["values"], lines["floor"], "s--", color=GREY, label="products, gather, Adam")
        memory.plot(lines["values"], lines["memory"], "o-", color=BLUE)
        for ax in column:
            ax.set_xscale("log", base=2)
            ax.set_xticks(lines["values"], [f"{value:,}" for value in lines["values"]], fontsize=7, rotation=30)
            ax.minorticks_off()
        time.set_yscale("log")
        time.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        time.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" else ""))
        memory.set_ylim(0, 1.1 * max(lines["memory"]))
        memory.set_xlabel(LABELS[axis])
    left = figure.axes[:2] if len(figure.axes) == 2 else [figure.axes[0], figure.axes[4]]
    left[0].set_ylabel("seconds an epoch")
    left[1].set_ylabel("megabytes beyond the images")
    left[0].legend(fontsize=8, frameon=False)
    return figure
