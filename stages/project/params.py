"""params.yaml as typed, validated sections."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from dnn.architecture import check_entry
from dnn.base.errors import InputError
from dnn.base.files import read_text
from dnn.initializers import INITIALIZERS
from dnn.layers import ACTIVATIONS
from dnn.training.optimizers import OPTIMIZERS
from dnn.training.recipe import LOSSES
from dnn.training.schedules import SCHEDULES


def not_boolean(value: Any) -> Any:
    """`true` would pass as the number 1."""
    if isinstance(value, bool):
        raise ValueError("should be a number")
    return value


def one_of(names: Iterable[str]) -> AfterValidator:
    """Only these texts are allowed."""
    allowed = tuple(names)

    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"should be one of {', '.join(allowed)}")
        return value

    return AfterValidator(check)


Number = BeforeValidator(not_boolean)
# DVC writes 0.00005 as 5e-05, which YAML reads as a text; pydantic turns such a text into its number.
Positive = Annotated[float, Number, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Number, Field(ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Number, Field(ge=0, lt=1, allow_inf_nan=False)]
Count = Annotated[int, Number, Field(ge=1)]
Whole = Annotated[int, Number, Field(ge=0)]


class Section(BaseModel):
    """One top-level key of params.yaml. Keys that it does not know are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Section):
    dataset: Literal["mnist", "digits"]
    fallback: Literal["digits", "none"]
    mirrors: list[str]


class Preprocess(Section):
    validation_size: Count
    seed: Whole


class Model(Section):
    hidden_layers: list[int | str | dict[str, Any]]  # `dnn.architecture.build_network` says what is allowed
    activation: Annotated[str, one_of(ACTIVATIONS)]
    initializer: Annotated[str, one_of((*INITIALIZERS, "auto"))]
    dropout: Fraction
    start_from: str  # a model file whose layers to take over; empty: none
    freeze: Whole
    frozen_rate: Fraction

    @field_validator("hidden_layers", mode="before")
    @classmethod
    def describes_layers(cls, value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError("should be a list of layers")
        for number, entry in enumerate(value, start=1):
            check_entry(entry, number)
        return value


class Train(Section):
    epochs: Count
    batch_size: Whole  # 0 means the full batch
    accumulate: Count
    loss: Annotated[str, one_of(LOSSES)]
    class_weight: Literal["none", "balanced"]
    optimizer: Annotated[str, one_of(OPTIMIZERS)]
    optimizer_options: dict[str, Annotated[float, Number]]
    learning_rate: Positive
    schedule: Annotated[str, one_of(SCHEDULES)]
    schedule_options: dict[str, Annotated[float, Number]]
    warmup_epochs: NotNegative
    ema: Fraction
    l1: NotNegative
    l2: NotNegative
    weight_decay: NotNegative
    max_norm: NotNegative
    clip_norm: NotNegative
    clip_value: NotNegative
    label_smoothing: Fraction
    mixup: NotNegative
    cutout: Whole
    patience: Whole  # 0 means no early stopping
    threads: Count
    dynamics: bool  # watch what happens inside of the network
    members: Count  # of an ensemble, each with a seed of its own
    seed: Whole


class Augment(Section):
    rotation: Annotated[float, Number, Field(ge=0, le=180)]
    scale: Fraction
    shear: NotNegative
    shift: NotNegative
    elastic: NotNegative
    elastic_sigma: Positive


S = TypeVar("S", bound=Section)


def load(section: type[S], path: str | Path = "params.yaml") -> S:
    """Read the section whose key is the lower-case name of the class.

    Raises:
        InputError: the file, the section or a key is missing, a key is unknown, or a value has a wrong type or is out
            of range; the message names the key, the value and what is allowed.
    """
    name = section.__name__.lower()
    try:
        text = read_text(path)
        values = yaml.safe_load(text)
    except FileNotFoundError:
        raise InputError(f"{path} is not in this folder; run the command from the top of the project") from None
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict) or name not in values:
        raise InputError(f"{path} has no section {name}; `git checkout {path}` brings the shipped one back")
    try:
        return section.model_validate(values[name])
    except ValidationError as error:
        raise InputError(f"{path}: {explain(name, section, error)}") from None


def explain(name: str, section: type[Section], error: ValidationError) -> str:
    """The first thing that is wrong, in one line."""
    first = error.errors()[0]
    key = ".".join([name, *(str(part) for part in first["loc"])])
    if first["type"] == "extra_forbidden":
        return f"unknown key {key}; {name} has {', '.join(section.model_fields)}"
    if first["type"] == "missing":
        return f"{key} is missing"
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{key} is {first['input']!r}, it {message}" if message.startswith("should") else f"{key}: {message}"
