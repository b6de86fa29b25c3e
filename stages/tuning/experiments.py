"""The best trials as DVC experiments: `dvc exp show` lists them, `dvc exp apply` brings them back."""

from collections.abc import Mapping, Sequence
from typing import Any

from stages.project.dvc import run_experiment
from stages.project.git import experiment_references


def track(found: Sequence[Mapping[str, Any]], study: str) -> None:
    """Run the pipeline up to the training with the values of each, in a temporary folder; the test set stays shut.

    Args:
        found: as `stages.tuning.study.completed` gives them.
        study: its name begins those of the experiments.

    Raises:
        InputError: DVC refuses.
    """
    made = {name for _, name in experiment_references()} if found else set()
    for trial in found:
        name = f"{study}-{trial['trial']}"
        if name in made:
            print(f"DVC experiment {name} is there already", flush=True)
            continue
        run_experiment(name, trial["values"], "train")
        print(f"DVC experiment {name}: `dvc exp apply {name} && dvc repro` brings it here and evaluates it", flush=True)
    if found:
        print("until then what `dvc exp show` has on the test set is of the last commit")
