"""What is known of each experiment. DVC keeps those that are done as git commits, the others in its queue."""

import io
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from stages.project.dvc import Task, tasks
from stages.project.git import experiment_references, git, show
from stages.project.paths import pipeline_path
from stages.training.history import NAMES
from stages.training.options import plain

EXPONENT = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")  # a number for DVC and people, a text for YAML


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Args:
        name: of the experiment, which only together with `baseline` need be unique.
        revision: the git commit that holds it.
        baseline: the first 7 digits of the commit that it started from.
        status: done, or queued, running, failed.
        params: parameters by dotted names.
        results: what was measured, by the names of `RESULTS`; what is not known is missing.
        split: hash of the validation images, "" if not known.
    """

    name: str
    revision: str
    baseline: str
    status: str
    params: dict[str, Any]
    results: dict[str, float] = field(default_factory=dict)
    split: str = ""


# Columns of the table. Accuracies are fractions of 1; `seconds` is how long the training took where it ran.
RESULTS = ("val_accuracy", "val_loss", "test_accuracy", "parameters", "epochs", "seconds", "val_images")


def read_experiments() -> list[Experiment]:
    """Every experiment of every commit, and what waits, runs or failed in the queue, in the order of their names."""
    done = [finished(*reference) for reference in experiment_references()]
    names = {experiment.name for experiment in done}
    waiting = [unfinished(task) for task in tasks() if task.status != "done" and task.name not in names]
    return sorted(done + waiting, key=lambda experiment: (experiment.name, experiment.baseline))


def finished(revision: str, baseline: str, name: str) -> Experiment:
    """What the commit of an experiment says."""
    locked = lock(revision)
    results = {column: float(value) for column, value in measured(revision, locked).items()}
    return Experiment(
        name,
        revision,
        baseline[:7],
        "done",
        flat(yaml.safe_load(show(revision, "params.yaml") or "{}")),
        results,
        hash_of(locked, "train", "deps", pipeline_path("processed") / "val.npz"),
    )


def unfinished(task: Task) -> Experiment:
    params = flat(yaml.safe_load(show(task.revision, "params.yaml") or "{}"))
    baseline = (git("rev-parse", "--quiet", "--verify", f"{task.revision}^") or "")[:7]
    return Experiment(task.name, task.revision, baseline, task.status, params)


def measured(revision: str, locked: dict[str, Any]) -> dict[str, float]:
    """The results in the commit that are of its own model: metrics.json is the baseline's if only `train` was run."""
    model = pipeline_path("model")
    trained, evaluated = hash_of(locked, "train", "outs", model), hash_of(locked, "evaluate", "deps", model)
    seconds = read_seconds(trained)
    metrics = json.loads(show(revision, pipeline_path("metrics")) or "{}")
    if metrics and trained == evaluated:
        return {
            "val_accuracy": metrics["val"]["accuracy"],
            "val_loss": metrics["val"]["loss"],
            "test_accuracy": metrics["test"]["accuracy"],
            "parameters": metrics["parameters"],
            "epochs": metrics["epochs"],
            "val_images": metrics["images"]["val"],
            **seconds,
        }
    members = statistics(revision).get("members", ())
    if len(members) != 1:  # an ensemble's accuracy is not that of its members
        return seconds
    (member,) = members
    best = {name: member["best"][name] for name in ("val_accuracy", "val_loss")}
    return {**best, "parameters": member["parameters"], "epochs": member["epochs"], **seconds}


def read_seconds(model: str) -> dict[str, float]:
    """How long the training of the model with that hash took, where this machine knows."""
    path = pipeline_path("times") / f"{model}.json"
    return {"seconds": json.loads(path.read_text(encoding="utf-8"))["seconds"]} if path.exists() else {}


def history(experiment: Experiment) -> pd.DataFrame:
    """Columns epoch (from 1) and `stages.training.history.NAMES` that the experiment's commit has.

    Of an ensemble they are those of its first member.
    """
    members = statistics(experiment.revision).get("members", ())
    table = pd.DataFrame()
    for name in NAMES:
        text = show(experiment.revision, pipeline_path("training") / "plots" / "metrics" / f"{name}.tsv")
        if text:
            table[name] = pd.read_csv(io.StringIO(text), sep="\t").iloc[:, -1]
    table.insert(0, "epoch", table.index + 1)
    return table.head(members[0]["epochs"]) if members else table


def statistics(revision: str) -> dict[str, Any]:
    """What the train stage wrote of its trainings, empty where the commit has none."""
    found: dict[str, Any] = json.loads(show(revision, pipeline_path("training") / "statistics.json") or "{}")
    return found


@cache
def lock(revision: str) -> dict[str, Any]:
    """The stages in the commit's dvc.lock."""
    content = yaml.load(show(revision, "dvc.lock") or "{}", Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    stages: dict[str, Any] = content.get("stages", {})
    return stages


def hash_of(locked: dict[str, Any], stage: str, side: str, path: Path) -> str:
    """The MD5 of a stage's dependency (`deps`) or output (`outs`), "" if it is not there."""
    entries = locked.get(stage, {}).get(side, ())
    return next((str(entry.get("md5", "")) for entry in entries if entry["path"] == path.as_posix()), "")


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, by dotted names; empty ones are left out."""
    parts: dict[str, Any] = {}
    for name, value in values.items():
        parts |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": plain(value)}
    return parts
