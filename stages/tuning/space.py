"""The space that a search looks in: a YAML file that gives parameters of params.yaml their types and ranges."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dnn.base import yaml12
from dnn.base.errors import InputError, shown
from dnn.base.files import THERE
from stages.training.options import options_of
from stages.tuning.ranges import Parameter

SHIPPED = Path(__file__).with_name("search.yaml")
SECTIONS = ("model", "train", "augment")
NOT_SEARCHED = {
    "train.epochs": "--epochs sets it, as scores of shorter and longer trainings do not compare",
    "train.seed": "the best seed is luck, not knowledge",
    "train.members": "each trial trains one network",
    "train.dynamics": "it changes no result",
    **dict.fromkeys(
        ("train.loss", "train.class_weight"), "it decides what the validation loss is, by which trials compare"
    ),
}
FILE = TypeAdapter(dict[str, Parameter])


@dataclass(frozen=True)
class Space:
    """Parameters by their names in params.yaml, such as "train.learning_rate"."""

    parameters: Mapping[str, Parameter]

    def values(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """The values for params.yaml of what Optuna drew: real numbers rounded to three digits."""
        return {name: parameter.value(drawn[name]) for name, parameter in self.parameters.items()}

    def corner(self) -> dict[str, Any]:
        """One point of the space, always the same."""
        return {name: parameter.samples[0] for name, parameter in self.parameters.items()}


def load_space(path: Path) -> Space:
    """Read the file, and try that params.yaml takes each range and every choice.

    Raises:
        InputError: the file is missing or no YAML, or a parameter is unknown, not to be searched, or has a wrong type,
            range or choice; the message names file, parameter and values.
    """
    entries = yaml12.parse(yaml12.text_of(path, THERE), path)
    if not isinstance(entries, dict) or not entries:
        raise InputError(f"{path} should map parameters such as train.learning_rate to their ranges")
    for name in entries:
        if name in NOT_SEARCHED:
            raise InputError(f"{path}: {name} cannot be searched: {NOT_SEARCHED[name]}")
        if str(name).partition(".")[0] not in SECTIONS:
            raise InputError(
                f"{path}: {name} cannot be searched; it should begin with {', '.join(SECTIONS)} and a point"
            )
    try:
        parameters = FILE.validate_python(entries)
    except ValidationError as error:
        raise InputError(f"{path}: {explain(error)}") from None
    for name, parameter in parameters.items():
        for value in parameter.samples:
            try:
                options_of(overrides={name: value})
            except InputError as error:
                raise InputError(f"{path}: {str(error).removeprefix('params.yaml: ')}") from None
    return Space(parameters)


def explain(error: ValidationError) -> str:
    """The first thing that is wrong, in one line."""
    first = error.errors()[0]
    name, *inner = map(str, first["loc"])
    if not inner:
        return f"{name} is {shown(first['input'])}, it should have a type: float, int, categorical"
    key = ".".join([name, *inner[1:]])  # the first of `inner` is the type
    if first["type"] == "missing":
        return f"{key} is missing"
    if first["type"] == "extra_forbidden":
        return f"unknown key {key}; it should be type, choices, or type, low, high, log"
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{key} is {shown(first['input'])}, it {message}"
