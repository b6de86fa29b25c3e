"""The best trials as DVC experiments: `dvc exp show` lists them, `dvc exp apply` brings them back."""

from collections.abc import Mapping, Sequence
from typing import Any

from dnn.files import replacing
from stages.candidate import Candidate
from stages.exp_queue import dvc, literal
from stages.paths import pipeline_path
from stages.train import checkpoint_path
from stages.trials import Outcome


def train_ahead(candidate: Candidate, seed: int) -> None:
    """Leave the finished training where the train stage looks for one that was interrupted."""
    assert isinstance(candidate.outcome, Outcome)
    with replacing(checkpoint_path(candidate.options, seed, pipeline_path("processed"))) as path:
        path.write_bytes(candidate.outcome.checkpoint)


def track(found: Sequence[Mapping[str, Any]], study: str) -> None:
    """Run the pipeline up to the training with the values of each, in a temporary folder; the test set stays shut.

    Args:
        found: as `stages.study.completed` gives them.
        study: its name begins those of the experiments.

    Raises:
        InputError: DVC refuses, for example as the name is taken.
    """
    for trial in found:
        name = f"{study}-{trial['trial']}"
        changes = [f"--set-param={key}={literal(value)}" for key, value in trial["values"].items()]
        dvc("exp", "run", "--temp", "--name", name, *changes, "train")
        print(f"DVC experiment {name}: `dvc exp apply {name} && dvc repro` brings it here and evaluates it", flush=True)
    if found:
        print("until then what `dvc exp show` has on the test set is of the last commit")
