"""Optuna's choice of the next trial, by TPE, and of those to end early, by successive halving."""

from typing import Any

import numpy as np

from dnn.base.extra import extra
from stages.tuning.budget import FACTOR, Plan, Pruner
from stages.tuning.ranges import Categorical, Float, Parameter
from stages.tuning.space import Space


def ask(study: Any, space: Space, seed: int) -> Any:
    """A new trial of TPE, which only depends on the seed and on the trials that are there: also where it goes on."""
    number = len(study.get_trials(deepcopy=False))
    state = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    # Each parameter on its own: with so few trials, multivariate TPE little more than repeats the best ones.
    samplers = extra("optuna.samplers", "search")
    study.sampler = samplers.TPESampler(seed=state, multivariate=False, constant_liar=True)
    return study.ask({name: distribution(parameter) for name, parameter in space.parameters.items()})


def distribution(parameter: Parameter) -> Any:
    """The values of a parameter as Optuna has them."""
    kinds = extra("optuna.distributions", "search")
    if isinstance(parameter, Categorical):
        return kinds.CategoricalDistribution(parameter.texts())
    kind = kinds.FloatDistribution if isinstance(parameter, Float) else kinds.IntDistribution
    return kind(parameter.low, parameter.high, log=parameter.log)


def make_pruner(plan: Plan) -> Any:
    """Optuna's pruner that keeps one trial in three or so after `shortest` epochs, after three times as many ..."""
    pruners = extra("optuna.pruners", "search")
    if plan.pruner == Pruner.HALVING:
        return pruners.SuccessiveHalvingPruner(min_resource=plan.shortest, reduction_factor=FACTOR)
    if plan.pruner == Pruner.HYPERBAND:
        return pruners.HyperbandPruner(min_resource=plan.shortest, max_resource=plan.epochs, reduction_factor=FACTOR)
    return pruners.NopPruner()
