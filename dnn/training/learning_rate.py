"""The learning rate of every step of a training."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from dnn.training.recipe import Recipe
from dnn.training.schedules import Schedule, make_schedule


@dataclass
class LearningRate:
    """η = base · factor of the schedule, behind a warm-up: a straight line up to where the schedule starts.

    Args:
        schedule: has the steps that the warm-up leaves.
        base: the highest learning rate.
        total_steps: number of steps in the whole training.
        warmup_steps: how many of them, from the first, are the warm-up.

    Source of the warm-up: Goyal et al. 2017, "Accurate, large minibatch SGD", section 2.2.
    """

    schedule: Schedule
    base: float
    total_steps: int
    warmup_steps: int = 0

    @classmethod
    def of(cls, recipe: Recipe, steps_per_epoch: int, history: Iterable[dict[str, Any]] = ()) -> Self:
        """The learning rate of a training by this recipe, which goes on behind the epochs of its history."""
        schedule = make_schedule(recipe.schedule, **(recipe.schedule_options or {}))
        for row in history:
            if "val_loss" in row:
                schedule.observe(row["val_loss"])
        warmup_steps = round(recipe.warmup_epochs * steps_per_epoch)
        return cls(schedule, recipe.learning_rate, recipe.epochs * steps_per_epoch, warmup_steps)

    def __call__(self, step: int) -> float:
        """The learning rate after so many steps, at least 0."""
        climb = (step + 1) / self.warmup_steps if step < self.warmup_steps else 1.0
        after_warmup, left = step - self.warmup_steps, self.total_steps - self.warmup_steps
        return self.base * climb * self.schedule.factor(max(after_warmup, 0), max(left, 1))
