"""The experiments of a comparison: those that are there, and those to make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from dnn.base import yaml12
from stages.comparison.records import Experiment, flat
from stages.project.git import git
from stages.project.paths import top

STAGES = ("train", "evaluate")  # whose code decides what is compared


@dataclass(frozen=True)
class Planned:
    """One run of a comparison."""

    name: str  # of its experiment
    overrides: dict[str, Any]  # what it changes in params.yaml, by dotted names
    done: bool  # whether the experiment is there, with these parameters, this code and this data


def make_plan(
    comparison: str, runs: Mapping[str, Mapping[str, Any]], workspace: Experiment, experiments: Sequence[Experiment]
) -> list[Planned]:
    """Each run with its experiment's name, and whether it is there.

    Names are `<comparison>-<run>`, with a number where an experiment with other parameters, code or data has that name.
    """
    finished = [experiment for experiment in experiments if experiment.status == "done"]
    taken = {experiment.name for experiment in finished}
    plan = []
    for run, overrides in runs.items():
        name = f"{comparison}-{run}"
        wanted = workspace.params | flat(overrides)
        named = (e for e in finished if e.name == name or e.name.startswith(f"{name}-v"))
        found = next((e.name for e in named if e.params == wanted and is_current(e, workspace)), None)
        names = chain([name], (f"{name}-v{number}" for number in count(2)))
        plan.append(Planned(found or next(n for n in names if n not in taken), dict(overrides), found is not None))
    return plan


def is_current(experiment: Experiment, workspace: Experiment) -> bool:
    """Whether it was made with the code and from the data of the workspace."""
    pipeline = yaml12.read(top() / "dvc.yaml")["stages"]
    code = {path for stage in STAGES for path in pipeline[stage]["deps"] if not path.startswith("${")}
    unchanged = git("diff", "--quiet", experiment.revision, "--", *sorted(code)) is not None
    return unchanged and experiment.data == workspace.data
