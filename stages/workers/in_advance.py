"""Trainings before their time: many at once, each leaving its checkpoint where the train stage looks for one.

The stage then finds the training finished and has its result in a second, with the same bytes.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dnn.base.files import replacing
from dnn.base.locks import InUseError, locked
from stages.project.paths import pipeline_path
from stages.training.checkpoints import checkpoint_path, note_seconds, seconds_spent
from stages.training.options import options_from, sections_of
from stages.workers.parallel import Workers, run_all
from stages.workers.task import Outcome, Task, attempt, load_data


def train_in_advance(changes: Sequence[Mapping[str, Any]], workers: Workers) -> dict[int, str]:
    """Do the trainings, all members of ensembles, that params.yaml describes with each of the changes.

    One that was begun goes on, one that is done is left alone. Left to the stage is one whose dynamics are wanted, as
    the stage must watch it. One that ends with an error does not end the others.

    Args:
        changes: of each training, values by dotted names, such as {"train.learning_rate": 0.01}.

    Returns:
        By the place in `changes`, the errors of those that ended with one.

    Raises:
        InputError: a value is wrong, the data is not there, or the workers fail.
    """
    processed = pipeline_path("processed")
    data = load_data(processed)
    tasks: dict[Path, Task] = {}
    wanted: dict[Path, list[int]] = {}  # two changes may come to the same training
    for place, overrides in enumerate(changes):
        architecture, recipe, augment = sections_of(overrides)
        options = options_from(architecture, recipe, augment)
        for seed in range(recipe.seed + recipe.dynamics, recipe.seed + recipe.members):
            path = checkpoint_path(options, seed, processed)
            tasks[path] = Task(options, seed, checkpoint=begun(path))
            wanted.setdefault(path, []).append(place)
    paths, errors = list(tasks), dict[int, str]()
    for done, (index, outcome) in enumerate(run_all(attempt, list(tasks.values()), data, workers), start=1):
        path = paths[index]
        if isinstance(outcome, str):
            errors |= dict.fromkeys(wanted[path], outcome)
        elif outcome.checkpoint != tasks[path].checkpoint:
            leave(outcome, path)
        what = ", ".join(f"{name} {value}" for name, value in changes[wanted[path][0]].items()) or "params.yaml"
        print(
            f"trained in advance {done} of {len(tasks)}: {what}, seed {tasks[path].seed}: {described(outcome)}",
            flush=True,
        )
    return errors


def begun(checkpoint: Path) -> bytes:
    """The checkpoint of a training that was begun; empty where there is none."""
    try:
        return checkpoint.read_bytes()
    except FileNotFoundError:  # perhaps since a moment, as the stage has finished that training
        return b""


def leave(outcome: Outcome, checkpoint: Path) -> None:
    """Write what the train stage looks for: the checkpoint, and beside it how long the training took.

    A stage that does this same training now is left alone: it comes to the same.
    """
    with suppress(InUseError), locked(checkpoint):
        seconds = seconds_spent(checkpoint) + outcome.seconds  # of what was begun before, too
        with replacing(checkpoint) as path:
            path.write_bytes(outcome.checkpoint)
        note_seconds(checkpoint, seconds)


def described(outcome: Outcome | str) -> str:
    """The end of a training, for a line of progress."""
    if isinstance(outcome, str):
        return f"failed: {outcome}"
    return (
        f"val_accuracy {outcome.kept['val_accuracy']:.2%} at epoch {outcome.kept_epoch} of {len(outcome.history)}, "
        f"{outcome.seconds:.1f} s"
    )
