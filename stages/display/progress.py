"""The progress of a training and of a search: a bar in a terminal, lines where the output is none."""

from typing import Any, Self

from rich import progress
from rich.console import Console

from dnn.training.trainer import Trainer


class Bar:
    """A context in which a terminal shows a text, a bar, how many of `total` are done, the time, and one thing more."""

    def __init__(self, text: str, total: int, more: progress.ProgressColumn) -> None:
        self.console, self.text = Console(), text
        columns = progress.TextColumn("{task.description}"), progress.BarColumn(), progress.MofNCompleteColumn()
        self.bar = progress.Progress(*columns, progress.TimeElapsedColumn(), more, console=self.console)
        self.task = self.bar.add_task(text, total=total)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self.bar.stop()

    def update(self, done: int, text: str, line: str = "") -> None:
        """Bring the bar up to date; where there is no terminal print the line, if there is one."""
        self.text = text
        self.bar.update(self.task, completed=done, description=text)
        if line and not self.console.is_terminal:
            print(line, flush=True)


class ProgressBar(Bar):
    """A training's callback: loss and accuracy, as lines for every tenth of the `epochs` that it may take."""

    def __init__(self, epochs: int) -> None:
        super().__init__("training", epochs, progress.TimeRemainingColumn())
        self.epochs = epochs

    def __call__(self, trainer: Trainer) -> None:
        row = trainer.history[-1]
        epoch, losses = int(row["epoch"]), f"loss {row['train_loss']:.4f}, validation loss {row['val_loss']:.4f}"
        text = f"{losses}, accuracy {row['val_accuracy']:.2%}"
        due = epoch % max(self.epochs // 10, 1) == 0 or trainer.stop
        self.update(epoch, text, f"epoch {epoch:>3} of {self.epochs}: {text}" if due else "")


class SearchProgress(Bar):
    """The trials of a search that ended, and the best of them, as lines where there is a new best.

    Args:
        study: as `stages.tuning.study.open_study` gives it.
        trials, minutes: the most that the search may take.
    """

    def __init__(self, study: Any, trials: int, minutes: float) -> None:
        super().__init__("no trial has got to the end yet", trials, progress.TextColumn(f"of at most {minutes:g} min"))
        self.study = study

    def show(self) -> None:
        """Look what there is by now."""
        trials = self.study.get_trials(deepcopy=False)
        complete = [trial for trial in trials if trial.state.name == "COMPLETE"]
        text = self.text
        if complete:
            best = min(complete, key=lambda trial: trial.value)
            accuracy = best.user_attrs["val_accuracy"]
            text = f"best is trial {best.number}: loss {best.value:.4f}, accuracy {accuracy:.2%}"
        done = sum(trial.state.is_finished() for trial in trials)
        self.update(done, text, f"{len(trials)} trials, {text}" if text != self.text else "")
