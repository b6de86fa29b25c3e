"""A ready-made comparison from its declaration to its report, and any experiments side by side."""

import sys
from collections.abc import Sequence
from typing import Any

from dnn.base.errors import InputError
from dnn.base.locks import locked
from stages.comparison.declared import Comparison, find_comparison, load_comparisons
from stages.comparison.plan import Planned, make_plan
from stages.comparison.records import Experiment, flat, read_experiments
from stages.comparison.report import report
from stages.project.dvc import dvc, run_experiment
from stages.project.paths import pipeline_path
from stages.project.place import need_temporary
from stages.training.options import options_of, parse_settings
from stages.workers.in_advance import train_in_advance
from stages.workers.parallel import Workers


def run(name: str, settings: Sequence[str], workers: Workers) -> bool:
    """Make the experiments of a comparison that are missing, and report on all of them; whether none failed.

    Raises:
        InputError: there is no such comparison, a setting is wrong, DVC cannot make the experiments here, the data
            cannot be prepared, the workers fail, or another process runs this comparison.
    """
    comparison = find_comparison(name)
    runs = comparison.overrides(parse_settings(settings))
    for overrides in runs.values():
        options_of(overrides)  # a wrong value stops here
    need_temporary(*(f"{name}-{run}" for run in runs))
    folder = pipeline_path("experiments") / name
    with locked(folder, folder.with_name(f".{name}-run.lock")):  # another than `report` has, also for `compare`
        return run_alone(name, comparison, runs, workers)


def run_alone(name: str, comparison: Comparison, runs: dict[str, dict[str, Any]], workers: Workers) -> bool:
    """`run`, once all that a person says has been checked."""
    print(f"{comparison.question} {len(runs)} runs. Preparing the data ...", flush=True)
    dvc("repro", "preprocess")
    workspace, known = read_experiments()
    plan = make_plan(name, runs, workspace, known)
    errors = make_missing(plan, workers)
    done = {planned.name for planned in plan} - set(errors)
    found = [experiment for experiment in read_experiments()[1] if experiment.name in done]
    for planned in plan:
        if planned.name in errors:
            found.append(Experiment(planned.name, "", "", "failed", workspace.params | flat(planned.overrides)))
    report(found, name, comparison.question, comparison.why)
    for failed, error in errors.items():
        print(f"{failed} failed: {error}", file=sys.stderr)
    return not errors


def make_missing(plan: Sequence[Planned], workers: Workers) -> dict[str, str]:
    """Train all that is missing, then run the pipeline with each; by name the errors of those that ended with one.

    The pipeline finds the trainings done, so that each experiment takes seconds.
    """
    for planned in plan:
        if planned.done:
            print(f"{planned.name} is there already, with the same parameters, code and data")
    missing = [planned for planned in plan if not planned.done]
    if not missing:
        return {}
    trained = train_in_advance([planned.overrides for planned in missing], workers)
    errors = {missing[place].name: error for place, error in trained.items()}
    for count, planned in enumerate(missing, start=1):
        if planned.name not in errors:
            try:
                run_experiment(planned.name, planned.overrides, "evaluate")
            except InputError as error:
                errors[planned.name] = str(error)
        end = "failed" if planned.name in errors else "done"
        print(f"experiment {count} of {len(missing)}: {planned.name} {end}", flush=True)
    return errors


def compare(words: Sequence[str]) -> None:
    """Report on the experiments that the words choose, all where there are none.

    Raises:
        InputError: a word chooses none.
    """
    _, known = read_experiments()
    chosen = [e for word in words for e in select(word, known)] if words else known
    name = words[0] if len(words) == 1 else "chosen" if words else "all"
    about = load_comparisons().get(name)
    title = about.question if about else f"Experiments: {name}"
    report(list({(e.name, e.revision): e for e in chosen}.values()), name, title, about.why if about else "")


def select(word: str, known: Sequence[Experiment]) -> list[Experiment]:
    """The experiments of that name, of that ready-made comparison, or of that revision."""
    found = [e for e in known if e.name == word]
    if not found and word in load_comparisons():
        found = [e for e in known if e.name.startswith(f"{word}-")]
        if not found and known:
            raise InputError(f"{word} has no experiments yet; `python -m stages.experiments run {word}` makes them")
        return found
    found = found or [e for e in known if len(word) >= 4 and e.revision.startswith(word)]
    if not found:
        names = ", ".join(sorted({e.name for e in known})[:12]) or "none yet"
        raise InputError(f"there is no experiment {word}; there are {names}")
    return found
