"""A search from the space to its results: files, a winner in params.yaml, DVC experiments."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError
from dnn.base.files import sha256
from dnn.base.locks import locked
from stages.datasets.splits import caption
from stages.display.progress import SearchProgress
from stages.figures.style import save
from stages.project.cli import note
from stages.project.dvc import run_experiment
from stages.project.edit import apply
from stages.project.git import experiment_references
from stages.project.paths import need_writable, pipeline_path
from stages.project.place import need_temporary
from stages.training.checkpoints import checkpoint_path
from stages.training.options import options_of
from stages.tuning.budget import Plan
from stages.tuning.proposals import make_pruner
from stages.tuning.results import importance, summary, write_results
from stages.tuning.rounds import Candidate, Search
from stages.tuning.space import Space, load_space
from stages.tuning.study import completed, importances, open_study, trials_table
from stages.workers.in_advance import leave
from stages.workers.parallel import Workers
from stages.workers.task import Data, Outcome, load_data


def run(plan: Plan, ranges: Path, storage: Path, name: str, workers: Workers, write: bool, experiments: int) -> None:
    """Begin the study, or go on with it, and write what it has found.

    For the arguments see `stages.search`; `write` writes the winner only where it is better than params.yaml.

    Raises:
        InputError: the space, params.yaml, the data or the storage is wrong, no trial got to the end, or DVC cannot
            make experiments here.
    """
    need_writable(storage)
    if experiments:
        need_temporary(name)
    data, folder = load_data(pipeline_path("processed")), pipeline_path("search")
    options_of()  # what is wrong in params.yaml is not the space's fault
    space = load_space(ranges)
    with open_study(storage, name, setting(plan, space, data), make_pruner(plan), plan.minutes > 0) as study:
        search = Search(study, space, plan, data, workers)
        if plan.minutes:
            with SearchProgress(study, plan.trials, plan.minutes) as progress:
                search.show = progress.show
                search.run()
        table, found = trials_table(study, space), completed(study, space, plan.epochs)
        compared = study.user_attrs.get("params.yaml")
        first = plan.rungs(plan.epochs)[0]
        weights = importances(study, first)
    if not found:
        raise InputError(f"none of {len(table)} trials got to the end yet; give more --minutes, or fewer --epochs")
    best, about = found[0], caption(data.train.dataset)
    with locked(folder, wait=note):  # which takes a second
        write_results(folder, table, best, compared, about)
        (folder / "importance.png").unlink(missing_ok=True)  # that of fewer trials, or of another study
        if weights:
            judged = int(table["val_loss"].notna().sum())
            save(importance(weights, first, judged, about), folder / "importance.png")
    print(summary(table, best, compared))
    print(f"{folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
    for trial in found[: max(experiments, int(write))]:
        if trial["trial"] in search.finished:  # then its training need not be repeated
            keep(search.finished[trial["trial"]], plan.training_seed)
    if write and compared and compared["val_loss"] <= best["val_loss"]:
        print("params.yaml stays as it is: no trial was better")
    elif write:
        apply(best["values"])
        print("params.yaml has the winner's values; `dvc repro` trains it")
    track(found[:experiments], name)


def setting(plan: Plan, space: Space, data: Data) -> dict[str, Any]:
    """All that a study must keep for its scores to compare: not how long it goes on, nor on which machines."""
    planned = {name: value for name, value in asdict(plan).items() if name not in ("trials", "minutes")}
    options = {name: str(value) for name, value in options_of(overrides=space.corner()).items() if name != "epochs"}
    if start_from := options_of()["start_from"]:
        options["start_from"] = sha256(Path(start_from))  # its content, which may change under the same name
    images = hashlib.sha256(data.val.images.tobytes()).hexdigest()[:12]
    return {
        **planned,
        "data": [data.train.dataset["name"], len(data.train.digits), images],
        **{f"range of {name}": parameter.model_dump() for name, parameter in space.parameters.items()},
        **options,
    }


def keep(candidate: Candidate, seed: int) -> None:
    """Leave the finished training where the train stage looks for one that was interrupted."""
    assert isinstance(candidate.outcome, Outcome)
    outcome = replace(candidate.outcome, seconds=candidate.seconds)  # of all its rungs
    leave(outcome, checkpoint_path(candidate.options, seed, pipeline_path("processed")))


def track(found: Sequence[Mapping[str, Any]], study: str) -> None:
    """Make DVC experiments of trials, named after the study, up to the training; the test set stays shut."""
    made = {name for _, name in experiment_references()} if found else set()
    for trial in found:
        name = f"{study}-{trial['trial']}"
        if name in made:
            print(f"DVC experiment {name} is there already", flush=True)
            continue
        run_experiment(name, trial["values"], "deliver")
        print(f"DVC experiment {name}: `dvc exp apply {name} && dvc repro` brings it here and evaluates it", flush=True)
    if found:
        print("until then what `dvc exp show` has on the test set is of the last commit")
