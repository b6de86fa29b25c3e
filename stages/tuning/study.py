"""The trials of a search in Optuna's journal file, which a later run of the same search continues."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dnn.base.errors import InputError, reason
from dnn.base.extra import extra
from stages.tuning.journal import open_journal
from stages.tuning.space import Space
from stages.workers.task import Outcome

SCORES = ("val_loss", "val_accuracy", "epochs", "kept_epoch", "parameters", "seconds")


@contextmanager
def open_study(path: Path, name: str, setting: dict[str, Any], pruner: Any, new: bool = True) -> Iterator[Any]:
    """The Optuna study of that name in the journal file; lower scores are better.

    Args:
        setting: all that the scores depend on, ready for JSON.
        new: whether a study that is not there is begun.

    Raises:
        InputError: another process has the file, it is no journal, has no such study, or it was made with another
            setting.
    """
    optuna = extra("optuna", "search")
    if not new and not path.exists():
        raise InputError(f"{path} is not there, so there are no trials to show; give --minutes, or another --storage")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with ExitStack() as journal:
        try:
            storage = journal.enter_context(open_journal(path))
            names = [summary.study_name for summary in optuna.get_all_study_summaries(storage)]
            if not new and name not in names:
                raise InputError(f"{path} has no study {name}; there are {', '.join(names) or 'none'}")
            study = optuna.create_study(storage=storage, study_name=name, pruner=pruner, load_if_exists=True)
        except InputError:
            raise
        except (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} is damaged or no journal of Optuna ({reason(error)}); name another --storage"
            ) from None
        known = study.user_attrs.get("setting", setting)
        for key in {**setting, **known}:
            if known.get(key) != setting.get(key):
                raise InputError(
                    f"{path}: study {name} was begun with {key} {known.get(key)}, now it is {setting.get(key)}; "
                    "set it as it was, or name another --study"
                )
        study.set_user_attr("setting", setting)
        yield study


def unfinished(study: Any, space: Space) -> list[Any]:
    """The trials that ran when an earlier search was killed, to go on with."""
    optuna = extra("optuna", "search")
    trials = []
    for frozen in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        if frozen.params.keys() == space.parameters.keys():
            trials.append(optuna.trial.Trial(study, frozen._trial_id))
        else:  # killed while it was asked for
            study.tell(frozen.number, state=optuna.trial.TrialState.FAIL)
    return trials


def scores(outcome: Outcome, seconds: float) -> dict[str, Any]:
    """`SCORES` of the epoch that training would keep by now; `seconds` are those of all its parts."""
    return {
        "val_loss": outcome.kept["val_loss"],
        "val_accuracy": outcome.kept["val_accuracy"],
        "epochs": len(outcome.history),
        "kept_epoch": outcome.kept_epoch,
        "parameters": outcome.parameters,
        "seconds": round(seconds, 2),
    }


def trials_table(study: Any, space: Space) -> pd.DataFrame:
    """One row for each trial: trial, state, `SCORES` of the epoch that it would keep by now, the parameters, error.

    States are complete, pruned, running, and diverged, where the training ended with an error.
    """
    rows = []
    for trial in study.get_trials(deepcopy=False):
        if trial.params.keys() == space.parameters.keys():
            state = "diverged" if "error" in trial.user_attrs else trial.state.name.lower()
            found = {name: trial.user_attrs.get(name) for name in SCORES}
            error = {"error": trial.user_attrs.get("error")}
            rows.append({"trial": trial.number, "state": state} | found | space.values(trial.params) | error)
    columns = ["trial", "state", *SCORES, *space.parameters, "error"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(SCORES, float))


def completed(study: Any, space: Space, epochs: int) -> list[dict[str, Any]]:
    """The trials that got to the end, the best first: trial, `SCORES`, and as `values` what params.yaml needs."""
    ranked = sorted((t for t in study.get_trials(deepcopy=False) if t.state.name == "COMPLETE"), key=lambda t: t.value)
    return [
        {"trial": trial.number}
        | {name: trial.user_attrs[name] for name in SCORES}
        | {"values": {"train.epochs": epochs} | space.values(trial.params)}
        for trial in ranked
    ]


def importances(study: Any, step: int) -> dict[str, float]:
    """Shares of each parameter in deciding whether a trial is among the best tenth after `step` epochs; the sum is 1.

    That early score is the one that nearly all trials have. Empty where there are fewer than ten.

    Source: Watanabe, Bansal & Hutter 2023, "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary
    subspaces".
    """
    optuna = extra("optuna", "search")
    scored = [
        optuna.trial.create_trial(params=trial.params, distributions=trial.distributions, value=value)
        for trial in study.get_trials(deepcopy=False)
        if np.isfinite(value := trial.intermediate_values.get(step, np.nan))
    ]
    if len(scored) < 10:
        return {}
    early = optuna.create_study()
    early.add_trials(scored)
    weights: dict[str, float] = optuna.importance.get_param_importances(early)
    return weights
