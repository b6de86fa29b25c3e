"""`make bench`: this project against its peers and against its own goals, on this machine.

`dnn`, and so NumPy, is imported before `stages`: then OpenBLAS chooses its kernels itself here, too, and not by
params.yaml, as it does in the processes of the rivals (`clock.environment`).
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import dnn.base.blas  # noqa: F401

# isort: split

import typer

from dnn.base.errors import InputError
from stages.project import cli
from tests.benchmarks import accuracy, distorting, load, memory, record, report, training, using, whole
from tests.benchmarks.clock import Row
from tests.benchmarks.setting import Setting
from tests.benchmarks.table import result

GROUPS: dict[str, Callable[[Setting], Iterator[Row]]] = {
    "small": training.small,
    "large": training.large,
    "cnn": training.convolutions,
    "kernels": training.kernels,
    "augmentation": distorting.augmentation,
    "late": whole.late,
    "prediction": using.prediction,
    "cold": using.cold,
    "memory": memory.memory,
    "linear": memory.linear,
    "accuracy": accuracy.lower,
    "speedrun": accuracy.speedrun,
    "highest": accuracy.highest,
    "pipeline": whole.pipeline,
}
ASKED = ("pipeline",)  # minutes for a single row: with --only
QUICK = ("small", "augmentation", "late", "prediction", "cold", "memory")


def main(
    quick: Annotated[
        bool, typer.Option(help="a minute: fewer repeats, rivals and rows; kept only in --folder")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help=f"these rows, kept only in --folder: {', '.join(GROUPS)}")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="where to write, in place of reports/benchmark")] = None,
) -> None:
    """Time this project and its peers in turn. Needs what `make repro` makes, and a machine with nothing else to do."""
    if unknown := set(only or ()) - GROUPS.keys():
        raise InputError(f"--only {unknown.pop()}: known are {', '.join(GROUPS)}")
    started = datetime.now(UTC)
    setting = Setting(1 if quick else 5, quick)
    rows: list[Row] = []
    for name in only or (QUICK if quick else [name for name in GROUPS if name not in ASKED]):
        for row in load.watched(GROUPS[name](setting)):
            rows.append(row)
            print(result(row), flush=True)
    done = record.new_record(rows, started, (datetime.now(UTC) - started).total_seconds() / 60)
    print(done.about())
    for row in rows:
        if remark := load.remark(row):
            print(f"{row.work}: {remark}")
    if folder:
        record.save(folder, done)
    elif not (quick or only):
        print(f"{record.save(report.folder(), done)}; {report.make()}")


if __name__ == "__main__":
    cli.run(main)
