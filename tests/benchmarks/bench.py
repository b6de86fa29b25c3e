"""`make bench`: this project against its peers and against its own goals, on this machine.

`dnn`, and so NumPy, is imported before `stages`: then OpenBLAS chooses its kernels itself, as those of the peers do.
"""

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from dnn.base.blas import blas
from dnn.base.files import replacing, write_text
from stages.datasets.splits import load_split
from stages.project import cli
from stages.project.paths import pipeline_path
from stages.training.environment import processor
from tests.benchmarks import curves, drawing, training, using
from tests.benchmarks.clock import Row


def main(
    quick: Annotated[bool, typer.Option(help="a minute: fewer repeats, rivals and rows")] = False,
    folder: Annotated[Path | None, typer.Option(help="where to write, in place of the pipeline's reports")] = None,
) -> None:
    """Time this project and its peers in turn. Needs what `make repro` makes, and a machine with nothing else to do."""
    folder = folder or Path(pipeline_path("metrics")).parent / "benchmark"
    folder.mkdir(parents=True, exist_ok=True)
    started = datetime.now(UTC)
    rows: list[Row] = []
    for row in measure(1 if quick else 5, quick):
        rows.append(row)
        ratio = "" if row.ratio is None else f", ratio {row.ratio:.2f} to {row.peer_name}"
        print(f"{row.work}: {drawing.amount(row.ours, row.unit)}{ratio}, goal {row.goal:.3g}", flush=True)
    about = f"{started:%Y-%m-%d}, {machine()}"
    train = load_split(Path(pipeline_path("processed")) / "train.npz")
    grown = curves.measure(train.images, train.digits, quick)
    minutes = (datetime.now(UTC) - started).total_seconds() / 60
    result = {"about": about, "quick": quick, "minutes": round(minutes, 1), "rows": [asdict(row) for row in rows]}
    write_text(folder / "benchmark.json", json.dumps(result | {"growth": grown}, indent=2, ensure_ascii=False) + "\n")
    write_text(folder / "benchmark.md", drawing.table(rows, about))
    for name, figure in (("benchmark", drawing.bars(rows, about)), ("growth", drawing.growth(grown, about))):
        with replacing(folder / f"{name}.png") as path:
            figure.savefig(path, format="png", dpi=120, metadata={"Software": None})
    print(f"{minutes:.1f} minutes; {folder}/benchmark.json, .md, .png and growth.png")


def measure(repeats: int, quick: bool) -> Iterator[Row]:
    """All rows, one after the other."""
    processed = Path(pipeline_path("processed"))
    train, test = load_split(processed / "train.npz"), load_split(processed / "test.npz")
    model = Path(pipeline_path("model"))
    yield from training.rows(train.images, train.digits, repeats, quick)
    few = 6_400 if quick else 25_600
    yield from using.augmentation(train.images[:few], train.digits[:few], repeats)
    yield from using.prediction(model, test.images, repeats)
    yield using.cold(model, test.images[0], repeats)
    del train
    yield using.memory(processed / "train.npz", 1)
    if not quick:
        yield from using.linear(processed / "train.npz", 3)
        yield using.pipeline(1)


def machine() -> str:
    """Processor, cores and versions."""
    library = blas()
    packages = ("numpy", "torch", "scikit-learn", "onnxruntime")
    return (
        f"{processor()}, 2 threads, {platform.system()}, Python {platform.python_version()}, "
        f"{library['name']} {library['version']} ({library['architecture']}), "
        + ", ".join(f"{name} {version(name)}" for name in packages)
    )


if __name__ == "__main__":
    cli.run(main)
