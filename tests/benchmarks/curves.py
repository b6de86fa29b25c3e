"""How the cost of training grows with images, width, depth and batch size: a command of some minutes."""

import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import dnn.base.blas  # noqa: F401 - before `stages`, so that OpenBLAS chooses its kernels itself

# isort: split

import numpy as np
import typer

from dnn.base.files import write_text
from stages.figures.style import BLUE, GREY, Figure, house_style, new_figure, save
from stages.project import cli
from stages.project.paths import pipeline_path
from stages.training.environment import processor
from tests.benchmarks import networks
from tests.benchmarks.floor import run_floor
from tests.benchmarks.networks import run_ours
from tests.benchmarks.setting import Setting

LABELS = {"images": "images", "width": "units of each layer", "depth": "hidden layers", "batch": "batch size"}


def main(
    quick: Annotated[bool, typer.Option(help="a quarter of the images, and fewer points")] = False,
    folder: Annotated[Path | None, typer.Option(help="where to write, in place of the pipeline's reports")] = None,
) -> None:
    """Time training along four axes, against its own products. Needs what `make repro` makes, and a quiet machine."""
    folder = folder or pipeline_path("metrics").parent / "benchmark"
    train = Setting(1 if quick else 3, quick).train
    measured = measure(train.images, train.digits, quick)
    measured = {"about": f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, one thread", **measured}
    write_text(folder / "growth.json", json.dumps(measured, indent=1, ensure_ascii=False) + "\n")
    save(draw(measured), folder / "growth.png")
    print(f"{folder}/growth.json and .png")


def measure(X: np.ndarray, y: np.ndarray, quick: bool) -> dict[str, Any]:
    """For each of four axes: its values, seconds an epoch of ours and of the floor, and megabytes beyond the images."""
    n = 3_200 if quick else 12_800
    base = {"images": n, "width": 128, "depth": 3, "batch": 128}
    axes = {
        "images": [n // 4, n // 2, n, 2 * n, 4 * n],
        "width": [32, 64, 128, 256, 512, 1024],
        "depth": [1, 2, 4, 8, 16],
        "batch": [16, 32, 64, 128, 256, 512, 1024],
    }
    result = {}
    for axis, values in axes.items():
        values = values[:-1] if quick else values
        lines: dict[str, list[float]] = {"ours": [], "floor": [], "memory": []}
        for value in values:
            at = {**base, axis: value}
            sizes = [784, *[at["width"]] * at["depth"], 10]
            few = X[: at["images"]], y[: at["images"]]
            steps = -(-at["images"] // at["batch"])
            ours = run_ours(networks.dense(sizes), at["batch"], *few, threads=1)
            floor = run_floor(networks.dense(sizes), at["batch"], few[0], threads=1)
            ours()
            floor()
            pairs = [(ours(), floor()) for _ in range(1 if quick else 3)]
            for name, seconds in zip(("ours", "floor"), np.median(pairs, axis=0), strict=True):
                lines[name].append(float(seconds * steps))
            tracemalloc.start()
            run_ours(networks.dense(sizes), at["batch"], *few, threads=1)()
            lines["memory"].append(tracemalloc.get_traced_memory()[1] / 1e6)
            tracemalloc.stop()
        result[axis] = {"values": values, **lines}
    return {"base": base, "axes": result}


@house_style()
def draw(measured: dict[str, Any]) -> Figure:
    """Seconds an epoch with the floor, and memory, along each of the axes."""
    from matplotlib.ticker import FuncFormatter

    pairs = [zip(lines["ours"], lines["floor"], strict=True) for lines in measured["axes"].values()]
    ratios = [ours / floor for axis in pairs for ours, floor in axis]
    title = f"An epoch takes {min(ratios):.1f} to {max(ratios):.1f} times as long as its own products, gather and Adam"
    about = "MNIST, {images:,} images, {depth} layers of {width} units, batch {batch}, but for one of them"
    figure = new_figure(12, 6, f"{about.format(**measured['base'])}; {measured['about']}", title)
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


if __name__ == "__main__":
    cli.run(main)
