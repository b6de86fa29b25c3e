"""Records of experiments, from what `dvc exp show` says and what the train stage wrote into their commits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dnn.base import yaml12
from dnn.base.errors import InputError
from dnn.base.strict_json import is_of, parse_json, read_json
from stages.project.dvc import entries, show_experiments
from stages.project.git import show
from stages.project.outputs import parse_table
from stages.project.paths import pipeline_name, pipeline_path

# Columns of the table. Accuracies are fractions of 1; `seconds` is how long the training took where it ran.
RESULTS = ("val_accuracy", "val_loss", "test_accuracy", "parameters", "epochs", "seconds", "val_images")
STATISTICS = {"members": [{"parameters": int, "epochs": int, "kept": dict}]}  # of statistics.json, what is read here


@dataclass(frozen=True)
class Experiment:
    """One experiment, or the workspace."""

    name: str  # which only together with `baseline` need be unique
    revision: str  # the git commit that holds it
    baseline: str  # the first 7 digits of the commit that it started from
    status: str  # done, or queued, running, failed
    params: dict[str, Any]  # by dotted names
    results: dict[str, float] = field(default_factory=dict)  # by the names of `RESULTS`; what is not known is missing
    data: tuple[str, ...] = ()  # MD5 of what was read: training and validation images, start_from; "" where not known


def read_experiments() -> tuple[Experiment, list[Experiment]]:
    """The workspace, and every experiment of every commit in the order of their names.

    Beside those that are done there are those that wait, run or failed in DVC's queue.
    """
    here, *commits = show_experiments()
    workspace = record(here, "workspace", "", "workspace")
    found = []
    for commit in commits:
        for entry in commit["experiments"] or ():
            state = (entry["executor"] or {}).get("state", "done")
            status = state if state in ("queued", "running", "failed") else "done"
            found.append(record(entry["revs"][0], entry["name"] or entry["revs"][0]["rev"][:7], commit["rev"], status))
    done = {experiment.name for experiment in found if experiment.status == "done"}
    # One that was killed seems to run for ever, also when another of its name is done.
    experiments = [e for e in found if e.status == "done" or e.name not in done]
    return workspace, sorted(experiments, key=lambda experiment: (experiment.name, experiment.baseline))


def record(shown: Mapping[str, Any], name: str, baseline: str, status: str) -> Experiment:
    """The experiment that an entry of `dvc exp show --json` is about."""
    data = shown["data"] or {"params": {}, "outs": {}, "metrics": {}}  # none where dvc.yaml of that commit is damaged
    params = content(data["params"], "params.yaml")
    processed = pipeline_name("processed")
    train, val = (data["outs"].get(f"{processed}/{split}.npz") or {} for split in ("train", "val"))
    results: dict[str, float] = {}
    if status == "done":
        results = measured(shown["rev"], data)
    start = data["outs"].get(f"{pipeline_name('checked')}/start_from.txt") or {}
    hashes = tuple(part.get("hash") or "" for part in (train, val, start))
    return Experiment(name, shown["rev"], baseline[:7], status, flat(params), results, hashes)


def measured(revision: str, data: Mapping[str, Any]) -> dict[str, float]:
    """The results that are of the experiment's own model.

    Where only the train stage ran, metrics.json is that of another model. Then there is what training measured, but not
    for an ensemble, whose accuracy is not that of its members.
    """
    model = pipeline_name("model")
    trained = (data["outs"].get(model) or {}).get("hash") or ""
    statistics = statistics_of(revision)
    members = statistics.get("members", [])
    results: dict[str, float] = {"seconds": seconds} if (seconds := read_seconds(trained)) else {}
    if "val_images" in statistics:
        results["val_images"] = statistics["val_images"]
    if members:
        results |= {"parameters": sum(m["parameters"] for m in members), "epochs": sum(m["epochs"] for m in members)}
    if trained and trained == evaluated(revision, model):
        return results | scores(content(data["metrics"], pipeline_name("metrics")))
    return results | (scores(members[0]["kept"]) if len(members) == 1 else {})


def scores(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Those of `RESULTS` that a file of metrics has."""
    return {name: float(metrics[name]) for name in RESULTS if is_of(metrics.get(name), float)}


def evaluated(revision: str, model: str) -> str:
    """MD5 of the model that the evaluate stage measured; `dvc exp show` mixes up what several stages read."""
    locked = yaml12.parse(show(revision, "dvc.lock") or "{}", f"dvc.lock of {revision[:7]}")
    read = locked.get("stages", {}).get("evaluate", {}).get("deps", ())
    return next((str(entry.get("md5", "")) for entry in read if entry["path"] == model), "")


def read_seconds(model: str) -> float | None:
    """Seconds that the training of the model with that MD5 took, where this machine knows."""
    path = pipeline_path("runs") / f"{model}.json"
    if not (model and path.exists()):
        return None
    return float(read_json(path, {"seconds": float}, "remove it, or bring it back")["seconds"])


def history(experiment: Experiment) -> pd.DataFrame:
    """Columns epoch (from 1) and val_accuracy; of an ensemble those of its first member."""
    curve = f"{pipeline_name('training')}/plots/metrics/val_accuracy.tsv"
    text = show(experiment.revision, curve)
    with of_commit(experiment.revision, curve):
        values = parse_table(text, {"val_accuracy": float}, None, "\t")["val_accuracy"] if text else ()
    table = pd.DataFrame({"epoch": range(1, len(values) + 1), "val_accuracy": pd.Series(values, dtype=float)})
    members = statistics_of(experiment.revision).get("members", [])
    return table.head(members[0]["epochs"]) if members else table


def statistics_of(revision: str) -> dict[str, Any]:
    """The train stage's facts of the training and of each network, `members`; empty where the commit has none."""
    path = f"{pipeline_name('training')}/statistics.json"
    text = show(revision, path)
    with of_commit(revision, path):
        values = parse_json(text or "{}", {})
        return parse_json(text or "", STATISTICS) if "members" in values else values


@contextmanager
def of_commit(revision: str, path: str) -> Iterator[None]:
    """Name the file and its commit where it cannot be read, in one line."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path} of {revision[:7]} {error}; `dvc exp remove` removes that experiment") from None


def content(files: Mapping[str, Any], path: str) -> dict[str, Any]:
    """A file that `dvc exp show` has read; empty where it could not."""
    found: dict[str, Any] = files.get(path, {}).get("data") or {}
    return found


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Nested mappings as one, by dotted names; empty ones are left out."""
    return {name: value for name, value in entries(values) if value != {}}
