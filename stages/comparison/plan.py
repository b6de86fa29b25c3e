"""Which experiments of a comparison there are, and which are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dnn.base.files import read_text
from stages.comparison.records import Experiment, flat, hash_of, lock
from stages.project.git import git
from stages.project.paths import pipeline_path

STAGES = ("train", "evaluate")  # whose code decides what is compared


@dataclass(frozen=True)
class Planned:
    """One run of a comparison.

    Args:
        name: of its experiment.
        overrides: what it changes in params.yaml, by dotted names.
        status: of the experiment that is there with these parameters, this code and this data; new if there is none.
    """

    name: str
    overrides: dict[str, Any]
    status: str


def make_plan(
    comparison: str, runs: Mapping[str, Mapping[str, Any]], experiments: Sequence[Experiment]
) -> list[Planned]:
    """What there is and what is missing.

    Names are `<comparison>-<run>`, with a number where an experiment with other parameters, code or data has that name.
    """
    here = flat(yaml.safe_load(read_text("params.yaml")))
    taken = {experiment.name for experiment in experiments}
    plan = []
    for run, overrides in runs.items():
        name = f"{comparison}-{run}"
        wanted = {**here, **flat(dict(overrides))}
        named = [e for e in experiments if e.name == name or e.name.startswith(f"{name}-v")]
        found = next((e for e in named if e.params == wanted and is_current(e)), None)
        numbered = (f"{name}-v{number}" for number in range(2, len(taken) + 3))
        free = name if name not in taken else next(other for other in numbered if other not in taken)
        plan.append(
            Planned(found.name, dict(overrides), found.status) if found else Planned(free, dict(overrides), "new")
        )
    return plan


def is_current(experiment: Experiment) -> bool:
    """Whether it was made with the code and, once it is done, from the data of the workspace."""
    pipeline = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    code = {path for stage in STAGES for path in pipeline[stage]["deps"] if not path.startswith("${")}
    if git("diff", "--quiet", experiment.revision, "--", *sorted(code)) is None:
        return False
    if experiment.status != "done":
        return True
    files = [pipeline_path("processed") / f"{split}.npz" for split in ("train", "val")]
    here = yaml.safe_load(Path("dvc.lock").read_text(encoding="utf-8"))["stages"]
    there = lock(experiment.revision)
    return all(hash_of(here, "preprocess", "outs", file) == hash_of(there, "train", "deps", file) for file in files)
