"""Successive halving in rounds: in each, new trials begin, and those that were kept go on to their next rung.

Which trials there are in a round depends on the scores alone, so the results do not depend on how many workers there
are nor on which is first. Trials of several rungs in one round leave no worker idle while the last of a rung ends.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import nan
from typing import Any

from dnn.base.errors import InputError
from dnn.base.extra import extra
from stages.training.options import options_of
from stages.tuning.budget import Clock, Plan
from stages.tuning.candidate import Candidate
from stages.tuning.space import Space
from stages.tuning.study import ask, unfinished
from stages.workers.parallel import Workers, run_all
from stages.workers.task import Data, Outcome, attempt

MANY = 8  # trials that end with an error, and no other, before the space is to blame


@dataclass
class Search:
    """The trials of a study, round by round.

    Args:
        study: as `stages.tuning.study.open_study` gives it.
        show: called whenever a training has got to its rung.
    """

    study: Any
    space: Space
    plan: Plan
    data: Data
    workers: Workers
    show: Callable[[], None] = lambda: None
    finished: dict[int, Candidate] = field(default_factory=dict)  # trials of this run that got to the end

    def run(self) -> None:
        """Go on until there are `plan.trials`, or no time for more.

        Raises:
            InputError: every training ends with an error.
        """
        clock = Clock(self.plan.minutes)
        running = [self.candidate(trial) for trial in unfinished(self.study, self.space)]
        if "params.yaml" not in self.study.user_attrs:
            options = options_of()
            running.insert(0, Candidate(options, self.plan.rungs(options["epochs"])))
        while True:
            if clock.for_new(self.plan):
                running += self.ask(sum(c.trial is not None and c.rung == 0 for c in running))
            chosen = clock.affordable(running)
            if not chosen:
                return  # what is left is for the next run to go on with
            self.train(chosen, clock)
            # The best first: the pruner lets all of the first ones through that are better than those before them.
            running = [candidate for candidate in sorted(chosen, key=lambda c: c.score) if self.goes_on(candidate)]
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
            candidate.trained, candidate.outcome = candidate.rungs[candidate.rung], outcome
            self.show()
        if epochs:
            clock.measure(epochs, seconds, time.monotonic() - started)

    def goes_on(self, candidate: Candidate) -> bool:
        """Judge a training that has got to its rung."""
        if isinstance(candidate.outcome, str):
            self.end(candidate, error=candidate.outcome)
            return False
        figures, step = candidate.figures(), candidate.rungs[candidate.rung]
        candidate.rung += 1
        last = candidate.rung == len(candidate.rungs)
        if not candidate.trial:
            self.study.set_user_attr("params.yaml", figures) if last else None
            return not last
        for name, value in figures.items():
            candidate.trial.set_user_attr(name, value)
        candidate.trial.report(figures["validation_loss"], step)
        if last:
            self.study.tell(candidate.trial, figures["validation_loss"])
            self.finished[candidate.trial.number] = candidate
        elif candidate.trial.should_prune():
            self.end(candidate)
            return False
        return not last

    def end(self, candidate: Candidate, error: str | None = None) -> None:
        """Give it up before its time."""
        if not candidate.trial:
            return
        if error is not None:
            candidate.trial.set_user_attr("error", error)
            candidate.trial.report(nan, candidate.rungs[candidate.rung])  # worse than any other
        self.study.tell(candidate.trial, state=extra("optuna.trial", "search").TrialState.PRUNED)
