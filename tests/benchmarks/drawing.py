"""The benchmark's records as a drawing: ratios of all processors, side by side."""

from collections.abc import Sequence

from stages.figures.style import BLUE, GREY, ORANGE, Figure, house_style, log_ticks, new_figure
from tests.benchmarks.load import MUCH
from tests.benchmarks.record import Record
from tests.benchmarks.table import works

COLOURS = (BLUE, ORANGE, "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
HEIGHT = 0.24  # inches that a record takes of a work


@house_style()
def compare(records: Sequence[Record]) -> Figure:
    """For each work a dot a processor, with the spread of its repeats, beside the goal and 1, where ours and the peer
    take the same.
    """
    from matplotlib.lines import Line2D

    rows = {work: row for work, row in works(records).items() if row.ratio is not None}
    about = "; ".join(f"{record.family}: {record.processor}, {record.date}" for record in records)
    height = 1.6 + len(rows) * max(0.36, 0.1 + HEIGHT * len(records))
    figure = new_figure(10, height, about, "Ours / the best peer: left of 1 ours takes less")
    ax = figure.subplots()
    for place, (work, newest) in enumerate(rows.items()):
        ax.axhspan(place - 0.5, place + 0.5, color="#f4f4f4" if place % 2 else "white", zorder=-2)
        ax.plot([newest.goal] * 2, [place - 0.42, place + 0.42], color="black", lw=2, zorder=1)
        for number, record in enumerate(records):
            row = next((row for row in record.rows if row.work == work), None)
            if row is None:
                continue
            y = place + (number - (len(records) - 1) / 2) * 0.8 / max(len(records), 2)
            colour = COLOURS[number % len(COLOURS)]
            ax.plot(row.spread, [y, y], color=colour, lw=1.5, alpha=0.6)
            if row.portable is not None:
                ax.plot(row.portable / row.peer, y, "o", ms=6, mfc="white", mec=colour, mew=1.3)
            ax.plot(row.ratio, y, "o", ms=6, color=colour)
            said = f"{row.ratio:.2f}" if "against" in work else f"{row.ratio:.2f} to {row.peer_name}"
            said += ("" if row.met(newest.goal) else ", missed") + (
                ", disturbed" if (row.disturbed or 0) >= MUCH else ""
            )
            ax.annotate(said, (1.01, y), xycoords=("axes fraction", "data"), va="center",
                        fontsize=8, color=colour, annotation_clip=False)  # fmt: skip
    ax.axvline(1, color=GREY, lw=1, ls="--", zorder=0)
    ax.set_xscale("log")
    log_ticks(ax.xaxis)
    ax.set_yticks(range(len(rows)), [work.replace(", ", ",\n", 1) for work in rows], fontsize=8)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    made = [Line2D([], [], color=colour, marker="o", label=record.family)
            for record, colour in zip(records, COLOURS, strict=False)]  # fmt: skip
    made += [
        Line2D([], [], color=GREY, marker="o", ls="", mfc="white", label="with portable kernels"),
        Line2D([], [], color="black", lw=2, label="goal"),
    ]
    ax.legend(handles=made, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(made), fontsize=8)
    return figure
