"""What a person sees while a search runs."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from stages.tuning.budget import Plan


class SearchProgress:
    """A bar of the trials that ended, with the best; where the output is no terminal, a line when there is a new best.

    Args:
        study: as `stages.tuning.study.open_study` gives it.
    """

    def __init__(self, study: Any, plan: Plan) -> None:
        self.study = study
        self.console = Console()
        limit = f"of at most {plan.minutes:g} min"
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.bar = Progress(*columns, TextColumn(limit), console=self.console)
        self.task = self.bar.add_task("no trial has got to the end yet", total=plan.trials)
        self.shown = ""

    def __enter__(self) -> "SearchProgress":
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop() if self.console.is_terminal else None

    def show(self) -> None:
        """Look what there is."""
        trials = self.study.get_trials(deepcopy=False)
        complete = [trial for trial in trials if trial.state.name == "COMPLETE"]
        self.bar.update(self.task, completed=sum(trial.state.is_finished() for trial in trials))
        if complete:
            best = min(complete, key=lambda trial: trial.value)
            accuracy = best.user_attrs["val_accuracy"]
            text = f"best is trial {best.number}: loss {best.value:.4f}, accuracy {accuracy:.2%}"
            self.bar.update(self.task, description=text)
            if not self.console.is_terminal and text != self.shown:
                print(f"{len(trials)} trials, {text}", flush=True)
            self.shown = text
