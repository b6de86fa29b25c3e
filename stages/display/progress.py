"""The progress of a search: a bar in a terminal, lines where the output is none."""

from typing import Any, Self

from rich import progress
from rich.console import Console


class SearchProgress:
    """A context that shows the trials of a search that ended, and the best of them, as lines where there is a new best.

    Args:
        study: as `stages.tuning.study.open_study` gives it.
        trials, minutes: the most that the search may take.
    """

    def __init__(self, study: Any, trials: int, minutes: float) -> None:
        self.study, self.console, self.text = study, Console(), "no trial has got to the end yet"
        columns = progress.TextColumn("{task.description}"), progress.BarColumn(), progress.MofNCompleteColumn()
        limit = progress.TextColumn(f"of at most {minutes:g} min")
        self.bar = progress.Progress(*columns, progress.TimeElapsedColumn(), limit, console=self.console)
        self.task = self.bar.add_task(self.text, total=trials)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self.bar.stop()

    def show(self) -> None:
        """Look what there is by now."""
        trials, text = self.study.get_trials(deepcopy=False), self.text
        complete = [trial for trial in trials if trial.state.name == "COMPLETE"]
        if complete:
            best = min(complete, key=lambda trial: trial.value)
            accuracy = best.user_attrs["val_accuracy"]
            text = f"best is trial {best.number}: loss {best.value:.4f}, accuracy {accuracy:.2%}"
        done = sum(trial.state.is_finished() for trial in trials)
        self.bar.update(self.task, completed=done, description=text)
        if text != self.text and not self.console.is_terminal:
            print(f"{len(trials)} trials, {text}", flush=True)
        self.text = text
