"""Search for better parameters: Optuna chooses them, successive halving ends those that show no promise."""

import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
import yaml

from dnn.base.errors import InputError
from dnn.base.files import write_text
from stages.datasets.splits import caption
from stages.display.progress import SearchProgress
from stages.figures.style import save
from stages.project import cli, params
from stages.project.edit import apply
from stages.project.paths import pipeline_path
from stages.training.options import options_of
from stages.tuning.budget import FACTOR, Plan
from stages.tuning.experiments import track, train_ahead
from stages.tuning.rounds import Search
from stages.tuning.space import Space, load_space
from stages.tuning.study import completed, importances, make_pruner, open_study, trials_table
from stages.workers.parallel import Backend, Count, Scheduler, Workers
from stages.workers.task import Data, load_data

PLACE = Path(".search/studies.journal")  # for people, outside of what DVC tracks


class Pruner(StrEnum):
    """What ends trials early."""

    HALVING = "halving"
    HYPERBAND = "hyperband"
    NONE = "none"


def main(
    trials: Annotated[int, typer.Option(min=1, help="End with so many trials, those of earlier runs among them")] = 100,
    minutes: Annotated[
        float, typer.Option(min=0, help="End after so many minutes; 0: only show what was found before")
    ] = 10,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of a whole training")] = 45,
    shortest: Annotated[
        int, typer.Option(min=1, help=f"Epochs to the first judgement; {FACTOR} times to the next")
    ] = 5,
    generation: Annotated[int, typer.Option(min=1, help="Trials that begin at the same time")] = 8,
    pruner: Annotated[Pruner, typer.Option(help="What ends trials early")] = Pruner.HALVING,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the trials' values")] = 0,
    space: Annotated[Path, typer.Option(help="YAML file with types and ranges")] = Path("stages/tuning/search.yaml"),
    study: Annotated[str, typer.Option(help="Name of the study; one that is there is continued")] = "search",
    storage: Annotated[Path, typer.Option(help="Optuna's journal file, for any number of studies")] = PLACE,
    write: Annotated[bool, typer.Option("--apply", help="Write the winner into params.yaml")] = False,
    experiments: Annotated[int, typer.Option(min=0, help="Make DVC experiments of so many of the best")] = 0,
    backend: Backend = "local",
    workers: Count = None,
    scheduler: Scheduler = None,
) -> None:
    """Try parameters by their loss on the validation set, never on the test set; run again, it continues."""
    data, folder = load_data(pipeline_path("processed")), pipeline_path("search")
    training_seed = params.load(params.Train).seed
    options_of()  # what is wrong in params.yaml is not the space's fault
    plan = Plan(trials, minutes, epochs, shortest, generation, seed, training_seed)
    where = load_space(space, lambda values: options_of(overrides=values))
    optuna_pruner = make_pruner(pruner, shortest, epochs, FACTOR)
    with open_study(storage, study, setting(plan, where, data, pruner), optuna_pruner) as opened:
        search = Search(opened, where, plan, data, Workers(backend, workers, scheduler))
        if minutes:
            with SearchProgress(opened, plan.trials, plan.minutes) as progress:
                search.show = progress.show
                search.run()
        table, found = trials_table(opened, where), completed(opened, where, epochs)
        compared = opened.user_attrs.get("params.yaml")
        weights = importances(opened, plan.rungs(epochs)[0])
    if not found:
        raise InputError(f"none of {len(table)} trials got to the end; give more --minutes, or fewer --epochs")
    best = found[0]
    results = {"best": best} | ({"params.yaml": compared} if compared else {})
    write_text(folder / "best.yaml", yaml.safe_dump(results, sort_keys=False, default_flow_style=None))
    write_text(folder / "trials.csv", table.to_csv(index=False, lineterminator="\n"))
    draw(folder, table, where, compared, weights, plan, caption(data.train.dataset))
    print(summary(table, best, compared))
    print(f"{folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
    for trial in found[: max(experiments, int(write))]:
        if trial["trial"] in search.finished:  # then its training need not be repeated
            train_ahead(search.finished[trial["trial"]], training_seed)
    if write and compared and compared["validation_loss"] <= best["validation_loss"]:
        print("params.yaml stays as it is: no trial was better")
    elif write:
        apply(best["values"])
        print("params.yaml has the winner's values; `dvc repro` trains it")
    track(found[:experiments], study)


def setting(plan: Plan, space: Space, data: Data, pruner: str) -> dict[str, Any]:
    """What a study must keep for its scores to compare: all but how long it goes on and on which machines."""
    fixed = {name: str(value) for name, value in options_of(overrides=space.corner()).items() if name != "epochs"}
    images = hashlib.sha256(data.val.images.tobytes()).hexdigest()[:12]
    return {
        "epochs": plan.epochs,
        "shortest": plan.shortest,
        "generation": plan.generation,
        "seed": plan.seed,
        "train.seed": plan.training_seed,
        "pruner": str(pruner),
        "data": [data.train.dataset["name"], len(data.train.digits), images],
        **{f"range of {name}": parameter.model_dump() for name, parameter in space.parameters.items()},
        **fixed,
    }


def draw(
    folder: Path,
    table: pd.DataFrame,
    space: Space,
    compared: dict[str, Any] | None,
    weights: dict[str, float],
    plan: Plan,
    text: str,
) -> None:
    """Write the figures."""
    from stages.tuning import figures as search_figures

    save(search_figures.history(table, compared["validation_loss"] if compared else None, text), folder / "history.png")
    (folder / "importance.png").unlink(missing_ok=True)  # that of fewer trials, or of another study
    if weights:
        judged = int(table["validation_loss"].notna().sum())
        figure = search_figures.importance(weights, plan.rungs(plan.epochs)[0], judged, text)
        save(figure, folder / "importance.png")


def summary(table: pd.DataFrame, best: dict[str, Any], compared: dict[str, Any] | None) -> str:
    """What a person wants to know."""
    counts = table["state"].value_counts()
    lines = [f"{len(table)} trials: " + ", ".join(f"{count} {state}" for state, count in counts.items())]
    for title, figures in ((f"the best, trial {best['trial']}", best), ("params.yaml as it stood", compared)):
        if figures:
            lines.append(
                f"{title}: validation loss {figures['validation_loss']:.4f}, accuracy "
                f"{figures['validation_accuracy']:.2%}, {figures['parameters']:,} weights"
            )
    lines += [f"  {name}: {value}" for name, value in best["values"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    cli.run(main, "python -m stages.search --minutes 5 --apply")
