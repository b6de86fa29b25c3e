"""From params.yaml, and what a command changes in it, to the arguments of the classifier."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from dnn.base.errors import InputError
from dnn.batches.augmentation import Augmentation
from dnn.training.optimizers import make_optimizer
from dnn.training.schedules import make_schedule
from stages.project import params

S = TypeVar("S", bound=params.Section)

NAMES = ("model", "train", "augment")  # the sections that a training reads; others change the data for all
NOTHING: Mapping[str, Any] = MappingProxyType({})
EXPONENT = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")  # a number for DVC and people, a text for YAML


def sections_of(
    text: str | None = None, overrides: Mapping[str, Any] = NOTHING
) -> tuple[params.Model, params.Train, params.Augment]:
    """The sections that training reads, with some values replaced.

    Args:
        text: of a params.yaml; None: the file in the current folder.
        overrides: new values by dotted names, such as {"train.learning_rate": 0.01}.

    Raises:
        InputError: the file or a value is wrong, or a name unknown.
    """
    if text is None:
        kinds: tuple[type[params.Section], ...] = (params.Model, params.Train, params.Augment)
        values = {kind.__name__.lower(): params.load(kind).model_dump() for kind in kinds}
    else:
        values = yaml.safe_load(text)
    for name, value in overrides.items():
        section, *path = name.split(".")
        if section not in NAMES or not path:
            raise InputError(f"unknown parameter {name}; it should begin with {', '.join(f'{k}.' for k in NAMES)}")
        place = values.get(section)
        for key in path[:-1]:
            place = place.setdefault(key, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise InputError(f"unknown parameter {name}; {name.rpartition('.')[0]} has no parts")
        place[path[-1]] = value
    architecture, recipe = checked(params.Model, values), checked(params.Train, values)
    make_optimizer(recipe.optimizer, **recipe.optimizer_options)  # wrong options stop here
    make_schedule(recipe.schedule, **recipe.schedule_options)
    return architecture, recipe, checked(params.Augment, values)


def checked(kind: type[S], values: dict[str, Any]) -> S:
    """The section of that kind; InputError names what is wrong in it."""
    name = kind.__name__.lower()
    try:
        return kind.model_validate(values.get(name))
    except ValidationError as error:
        raise InputError(params.explain(name, kind, error)) from None


def options_from(architecture: params.Model, recipe: params.Train, augment: params.Augment) -> dict[str, Any]:
    """The arguments of the classifier that sections of such a file give."""
    options = architecture.model_dump() | recipe.model_dump(exclude={"seed", "members", "class_weight", "dynamics"})
    return options | {
        "start_from": architecture.start_from or None,
        "class_weight": None if recipe.class_weight == "none" else recipe.class_weight,
        "augmentation": Augmentation(**augment.model_dump()),
    }


def options_of(text: str | None = None, overrides: Mapping[str, Any] = NOTHING) -> dict[str, Any]:
    """The arguments of the classifier, but for the seed, as `sections_of` reads them."""
    return options_from(*sections_of(text, overrides))


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """`-S` options, such as `train.epochs=5`, as values by dotted names.

    Raises:
        InputError: one is not name=value, or does not set a parameter of a training.
    """
    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name.partition(".")[0] not in NAMES:
            raise InputError(f"-S {setting}: it should be NAME=VALUE with a name in {', '.join(NAMES)}")
        try:
            values[name] = plain(yaml.safe_load(text))
        except yaml.YAMLError:
            raise InputError(f"-S {setting}: {text} is no value") from None
    return values


def plain(value: Any) -> Any:
    """The number that a text such as 5e-05 is meant as; other values as they are."""
    return float(value) if isinstance(value, str) and EXPONENT.fullmatch(value) else value
