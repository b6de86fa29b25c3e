"""How independent trainings scale: really on one and two local processes, and in a simulation on up to 200 workers."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from matplotlib.figure import Figure

from dnn.base.files import replacing, write_text
from stages.figures.style import BLUE, GREY, ORANGE, house_style, new_figure
from stages.project import cli
from stages.project.paths import pipeline_path
from stages.training.environment import machine
from stages.training.options import options_of
from stages.workers.parallel import Workers, run_all
from stages.workers.task import Task, load_data, train_task
from tests.benchmarks.simulation import simulate

SIZES = (25, 100, 200)  # simulated workers
ROUNDS = (1, 3)  # tasks for each worker: with one, what starting and ending them costs weighs most
GOAL = 0.05  # the highest overhead


def main(
    folder: Annotated[Path | None, typer.Option(help="where to write, in place of the pipeline's reports")] = None,
) -> None:
    """Measure throughput against the ideal. Needs what `make repro` makes, and a machine with nothing else to do."""
    folder = folder or Path(pipeline_path("metrics")).parent / "benchmark"
    facts, real = machine(), train()
    simulated = {str(rounds): [simulate(workers, real["seconds"], rounds) for workers in SIZES] for rounds in ROUNDS}
    about = f"{datetime.now(UTC):%Y-%m-%d}, {facts['processor']}, {facts['cores']} cores"
    result = {"about": about, "goal": GOAL, "real": real, "simulated": simulated}
    write_text(folder / "scaling.json", json.dumps(result, indent=2) + "\n")
    with replacing(folder / "scaling.png") as path:
        draw(result).savefig(path, format="png", dpi=120, metadata={"Software": None})
    print(json.dumps(result, indent=2))
    print(f"{folder}/scaling.json and .png")


def train(repeats: int = 3, number: int = 2) -> dict[str, Any]:
    """Seconds of one training, and trainings a minute on 1 and 2 workers, in turn; all that were measured."""
    data = load_data(pipeline_path("processed"))
    tasks = [Task(options_of(), seed) for seed in range(number)]
    few = [Task(task.options, task.seed, until=1) for task in tasks]
    list(run_all(train_task, few, data, Workers(count=2)))  # the processes start
    each: dict[int, list[float]] = {1: [], 2: []}
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(repeats):
        for count in rates:
            start = time.perf_counter()
            each[count] += [outcome.seconds for _, outcome in run_all(train_task, tasks, data, Workers(count=count))]
            rates[count].append(60 * number / (time.perf_counter() - start))
    median = {count: float(np.median(values)) for count, values in rates.items()}
    return {
        "training": f"{len(data.train.digits):,} images, the parameters of params.yaml",
        "seconds": float(np.median(each[1])),
        "seconds_beside_another": float(np.median(each[2])),
        "per_minute": {str(count): rate for count, rate in median.items()},
        "of_ideal": median[2] / (2 * median[1]),
        "repeats": {str(count): values for count, values in rates.items()},
    }


@house_style()
def draw(result: dict[str, Any]) -> Figure:
    """Left: trainings a minute against the ideal; right: overhead against the goal."""
    real = result["real"]
    title = f"A second worker brings {real['per_minute']['2'] / real['per_minute']['1']:.2f} times as many trainings"
    figure = new_figure(10, 4.2, f"MNIST, the parameters of params.yaml; {result['about']}", title)
    left, right = figure.subplots(1, 2)
    rates = list(real["per_minute"].values())
    left.plot([0, 2], [0, 2 * rates[0]], "--", color=GREY, label="ideal: twice as many on two")
    for count, values in real["repeats"].items():
        left.plot([int(count)] * len(values), values, "o", color=BLUE, alpha=0.35, ms=5)
    left.plot([1, 2], rates, "o-", color=BLUE, label="measured: median and repeats")
    left.annotate(f"{real['of_ideal']:.0%} of the ideal", (2, rates[1]), xytext=(9, -4), textcoords="offset points",
                  fontsize=9)  # fmt: skip
    left.set(title=f"Local processes, {real['seconds']:.1f} s a training alone", xlabel="workers")
    left.set(ylabel="trainings a minute", xlim=(0, 2.8), ylim=(0, None), xticks=[0, 1, 2])
    right.axhline(100 * GOAL, color=ORANGE, lw=1.5, ls="--", label=f"goal: at most {GOAL:.0%}")
    for (rounds, rows), style, colour in zip(result["simulated"].items(), ("s-", "o-"), (GREY, BLUE), strict=True):
        sizes, overheads = [row["workers"] for row in rows], [100 * row["overhead"] for row in rows]
        right.plot(sizes, overheads, style, color=colour, label=f"{rounds} of {real['seconds']:.1f} s for each worker")
        for x, y in zip(sizes, overheads, strict=True):
            right.annotate(f"{y:.1f} %", (x, y), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9)
    highest = max(row["overhead"] for rows in result["simulated"].values() for row in rows)
    right.set(title="Dask, simulated workers (tasks sleep)", xlabel="workers", ylabel="time above the ideal, %")
    right.set(xlim=(0, 220), ylim=(0, 140 * max(highest, GOAL)))
    for ax in (left, right):
        ax.legend(loc="upper left")
    return figure


if __name__ == "__main__":
    cli.run(main)
