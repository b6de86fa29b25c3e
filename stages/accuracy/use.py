"""A preset in params.yaml, where no edit of a person's is lost, and through the pipeline."""

from collections.abc import Mapping
from itertools import chain, count
from typing import Any

from dnn.base import yaml12
from dnn.base.errors import InputError, shown
from stages.accuracy.declared import SHIFTS, find_preset, load_presets, values_of
from stages.project import edit, params
from stages.project.dvc import run_here
from stages.project.git import experiment_references, show
from stages.project.params import Evaluate
from stages.project.place import need_commit
from stages.training.options import sections_of


def apply(name: str) -> None:
    """Write the preset's values into params.yaml, and print which were changed.

    Raises:
        InputError: there is no such preset, its file or params.yaml is wrong, or an edit that is not committed would be
            lost.
    """
    preset = find_preset(name)
    sections_of(preset.values)  # with what params.yaml says besides
    before = values_of(sections_of()) | {SHIFTS: params.load(Evaluate).shifts}
    changes = {key: value for key, value in preset.everything.items() if value != before[key]}
    need_saved(name, before, changes)
    edit.apply(changes)
    for key, value in changes.items():
        print(f"{key}: {shown(value)} in place of {shown(before[key])}")
    print(f"params.yaml has preset {name}", flush=True)


def need_saved(name: str, before: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Raise InputError where a value to be changed is neither committed nor a preset's: someone's edit, of which there
    is no copy. Without git nothing is known of that.
    """
    committed = yaml12.parse(show("HEAD", "params.yaml") or "{}", "params.yaml of the last commit") or {}
    if not committed or any(preset.everything == before for preset in load_presets()):
        return
    for key in changes:
        section, _, option = key.partition(".")
        last = (committed.get(section) or {}).get(option)
        if before[key] != last:
            raise InputError(
                f"params.yaml: {key} is {shown(before[key])}, which is not committed, and preset {name} would replace "
                "it; `git commit params.yaml` or `git stash push params.yaml` keeps it"
            )


def run(name: str) -> None:
    """Apply the preset, and run the pipeline up to the report as an experiment of DVC in the workspace.

    Raises:
        InputError: as `apply`, there is no commit from which experiments start, or a stage fails.
    """
    find_preset(name)
    need_commit()
    apply(name)
    taken = {experiment for _, experiment in experiment_references()}
    free = (each for each in chain([name], (f"{name}-v{number}" for number in count(2))) if each not in taken)
    try:
        run_here(next(free))
    except InputError as error:
        again = f"`python -m stages.presets run {name}` goes on where it stopped"
        raise InputError(f"{error}; params.yaml keeps the preset's values, and {again}") from None
