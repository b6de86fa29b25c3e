"""The best trials as DVC experiments: `dvc exp show` lists them, `dvc exp apply` brings them back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stages.comparison.wait import finished_names
from stages.project.dvc import dvc, settings
from stages.project.paths import pipeline_path
from stages.training.checkpoints import checkpoint_path
from stages.tuning.candidate import Candidate
from stages.workers.in_advance import leave
from stages.workers.task import Outcome


def train_ahead(candidate: Candidate, seed: int) -> None:
    """Leave the finished training where the train stage looks for one that was interrupted."""
    assert isinstance(candidate.outcome, Outcome)
    outcome = replace(candidate.outcome, seconds=candidate.seconds)  # of all its rungs
    leave(outcome, checkpoint_path(candidate.options, seed, pipeline_path("processed")))


def track(found: Sequence[Mapping[str, Any]], study: str) -> None:
    """Run the pipeline up to the training with the values of each, in a temporary folder; the test set stays shut.

    Args:
        found: as `stages.tuning.study.completed` gives them.
        study: its name begins those of the experiments.

    Raises:
        InputError: DVC refuses, for example as the name is taken.
    """
    made = finished_names() if found else set()
    for trial in found:
        name = f"{study}-{trial['trial']}"
        if name in made:
            print(f"DVC experiment {name} is there already", flush=True)
            continue
        dvc("exp", "run", "--temp", "--name", name, *settings(trial["values"]), "train")
        print(f"DVC experiment {name}: `dvc exp apply {name} && dvc repro` brings it here and evaluates it", flush=True)
    if found:
        print("until then what `dvc exp show` has on the test set is of the last commit")
