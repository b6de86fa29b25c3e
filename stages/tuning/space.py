"""The space that a search looks in: a YAML file that gives parameters of params.yaml their types and ranges."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dnn.base.errors import InputError
from dnn.base.files import read_text
from stages.project.params import explain
from stages.tuning.ranges import KINDS, Parameter

SECTIONS = ("model", "train", "augment")
NOT_SEARCHED = {
    "train.epochs": "--epochs sets it, as scores of shorter and longer trainings do not compare",
    "train.seed": "the best seed is luck, not knowledge",
    "train.members": "each trial trains one network",
    "train.dynamics": "it changes no result",
}


@dataclass(frozen=True)
class Space:
    """Parameters by their names in params.yaml, such as "train.learning_rate"."""

    parameters: Mapping[str, Parameter]

    def distributions(self) -> dict[str, Any]:
        """The space as Optuna has it."""
        return {name: parameter.distribution() for name, parameter in self.parameters.items()}

    def values(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """The values for params.yaml of what Optuna drew: real numbers rounded to three digits."""
        return {name: parameter.value(drawn[name]) for name, parameter in self.parameters.items()}

    def corner(self) -> dict[str, Any]:
        """One point of the space, always the same."""
        return {name: parameter.samples[0] for name, parameter in self.parameters.items()}


def load_space(path: Path, check: Callable[[dict[str, Any]], Any]) -> Space:
    """Read the file, and try with `check` that params.yaml takes each range and every choice.

    Raises:
        InputError: the file is missing or no YAML, or a parameter is unknown, not to be searched, or has a wrong type,
            range or choice; the message names file, parameter and values.
    """
    try:
        entries = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(entries, dict) or not entries:
        raise InputError(f"{path} should map parameters such as train.learning_rate to their ranges")
    parameters = {name: read(path, name, entry) for name, entry in entries.items()}
    for name, parameter in parameters.items():
        for value in parameter.samples:
            try:
                check({name: value})
            except InputError as error:
                raise InputError(f"{path}: {str(error).removeprefix('params.yaml: ')}") from None
    return Space(parameters)


def read(path: Path, name: Any, entry: Any) -> Parameter:
    """One parameter of the file."""
    if name in NOT_SEARCHED:
        raise InputError(f"{path}: {name} cannot be searched: {NOT_SEARCHED[name]}")
    if str(name).partition(".")[0] not in SECTIONS:
        raise InputError(f"{path}: {name} cannot be searched; it should begin with {', '.join(SECTIONS)} and a point")
    kind = KINDS.get(entry.get("type")) if isinstance(entry, dict) else None
    if kind is None:
        raise InputError(f"{path}: {name} is {entry!r}, it should have a type: {', '.join(KINDS)}")
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        raise InputError(f"{path}: {explain(name, kind, error)}") from None
