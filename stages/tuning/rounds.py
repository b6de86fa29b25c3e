"""Successive halving in rounds: in each, new trials begin, and those that were kept go on to their next rung.

Which trials there are in a round depends on the scores alone, so the results do not depend on how many workers there
are nor on which is first. Trials of several rungs in one round leave no worker idle while the last of a rung ends.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import compress
from math import inf, nan
from typing import Any

from dnn.base.errors import InputError
from dnn.base.extra import extra
from stages.training.options import options_of
from stages.tuning.budget import Clock, Plan
from stages.tuning.journal import whole_round
from stages.tuning.proposals import ask
from stages.tuning.space import Space
from stages.tuning.study import scores, unfinished
from stages.workers.parallel import Workers, run_all
from stages.workers.task import Data, Outcome, Task, attempt

MANY = 8  # trials that end with an error, and no other, before the space is to blame


@dataclass(eq=False)
class Candidate:
    """A training that goes from rung to rung; without a trial of Optuna's it is that of params.yaml as it stands."""

    options: dict[str, Any]
    rungs: tuple[int, ...]
    trial: Any = None
    rung: int = 0  # the place in `rungs` of the next one
    seconds: float = 0.0
    outcome: Outcome | str | None = None  # a text: the error that ended it

    @property
    def score(self) -> float:
        """Validation loss, lower is better; infinite where the training ended with an error."""
        return float(self.outcome.kept["val_loss"]) if isinstance(self.outcome, Outcome) else inf

    @property
    def epochs(self) -> int:
        """Epochs left until the next rung."""
        trained = len(self.outcome.history) if isinstance(self.outcome, Outcome) else 0
        return self.rungs[self.rung] - trained

    def task(self, seed: int) -> Task:
        """The training up to the next rung."""
        until = None if self.rung == len(self.rungs) - 1 else self.rungs[self.rung]
        return Task(self.options, seed, until, self.outcome.checkpoint if isinstance(self.outcome, Outcome) else b"")


def order(candidate: Candidate) -> tuple[float, int]:
    """The order in which trainings are judged, which must not depend on the way to the round."""
    return candidate.score, candidate.trial.number if candidate.trial else -1


@dataclass
class Search:
    """The trials of a study, round by round."""

    study: Any  # as `stages.tuning.study.open_study` gives it
    space: Space
    plan: Plan
    data: Data
    workers: Workers
    show: Callable[[], None] = lambda: None  # called whenever a training has got to its rung
    finished: dict[int, Candidate] = field(default_factory=dict)  # trials of this run that got to the end

    def run(self) -> None:
        """Go on until there are `plan.trials`, or no time for more.

        Killed at any moment, it comes to the same trials when it goes on, with time enough both times.

        Raises:
            InputError: every training ends with an error.
        """
        clock = Clock(self.plan.minutes)
        running = [self.candidate(trial) for trial in unfinished(self.study, self.space)]
        if "params.yaml" not in self.study.user_attrs:
            options = options_of()
            running.insert(0, Candidate(options, self.plan.rungs(options["epochs"])))
        while True:
            with whole_round(self.study):
                if clock.for_new(self.plan):
                    running += self.ask(sum(c.trial is not None and c.rung == 0 for c in running))
                chosen = list(compress(running, clock.affordable([candidate.epochs for candidate in running])))
                self.train(chosen, clock)
                # The best first: the pruner lets all of the first ones through that are better than those before them.
                running = [candidate for candidate in sorted(chosen, key=order) if self.goes_on(candidate)]
            if not chosen:
                return  # what is left is for the next run to go on with
            errors = [trial.user_attrs.get("error") for trial in self.study.get_trials(deepcopy=False)]
            if len(errors) >= min(MANY, self.plan.trials) and all(errors):
                raise InputError(f"every training ends with an error, such as: {errors[0]}")

    def candidate(self, trial: Any) -> Candidate:
        """The training of a trial; of one that was interrupted, to begin anew, up to the rung that it has not seen."""
        rungs = self.plan.rungs(self.plan.epochs)
        options = options_of(overrides=self.space.values(trial.params) | {"train.epochs": self.plan.epochs})
        seen = len(self.study.get_trials(deepcopy=False)[trial.number].intermediate_values)
        return Candidate(options, rungs, trial, rung=min(seen, len(rungs) - 1))

    def ask(self, fresh: int) -> list[Candidate]:
        """New trials, beside the `fresh` ones that have not been judged yet."""
        room = self.plan.trials - len(self.study.get_trials(deepcopy=False))
        count = min(self.plan.generation - fresh, room)
        return [self.candidate(ask(self.study, self.space, self.plan.seed)) for _ in range(count)]

    def train(self, candidates: list[Candidate], clock: Clock) -> None:
        """Bring each to its next rung."""
        started = time.monotonic()
        queue = sorted(candidates, key=lambda candidate: -candidate.epochs)  # so that workers end together
        tasks = [candidate.task(self.plan.training_seed) for candidate in queue]
        epochs, seconds = 0, 0.0
        for index, outcome in run_all(attempt, tasks, self.data, self.workers):
            candidate = queue[index]
            if isinstance(outcome, Outcome):
                epochs += candidate.epochs
                seconds += outcome.seconds
                candidate.seconds += outcome.seconds
            candidate.outcome = outcome
            self.show()
        if epochs:
            clock.measure(epochs, seconds, time.monotonic() - started)

    def goes_on(self, candidate: Candidate) -> bool:
        """Judge a training that has got to its rung."""
        trial, outcome, step = candidate.trial, candidate.outcome, candidate.rungs[candidate.rung]
        candidate.rung += 1
        last = candidate.rung == len(candidate.rungs)
        found = scores(outcome, candidate.seconds) if isinstance(outcome, Outcome) else {"error": outcome}
        if not trial:
            if last and "error" not in found:
                self.study.set_user_attr("params.yaml", found)
            return not last and "error" not in found
        for name, value in found.items():
            trial.set_user_attr(name, value)
        trial.report(found.get("val_loss", nan), step)  # not a number is worse than any other
        if "error" in found or (not last and trial.should_prune()):
            self.study.tell(trial, state=extra("optuna.trial", "search").TrialState.PRUNED)
            return False
        if last:
            self.study.tell(trial, found["val_loss"])
            self.finished[trial.number] = candidate
        return not last
