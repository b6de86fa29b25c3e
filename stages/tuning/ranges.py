"""The values that a parameter may take in a search: a real number, a whole number, or one of some values."""

import json
from math import pi
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

DIGITS = 3  # significant ones of a real number: more would say nothing


class Section(BaseModel):
    """An entry of the file. Texts and booleans are no numbers, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Range(Section):
    """From low to high; log: as many trials from 0.001 to 0.01 as from 0.01 to 0.1."""

    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def is_range(self) -> Self:
        if not self.low < self.high:
            raise ValueError("should have low below high")
        if self.log and self.low <= 0:
            raise ValueError("should have low above 0, as log is true")
        return self

    @property
    def samples(self) -> list[Any]:
        return [self.low, self.high]


class Float(Range):
    """A real number."""

    type: Literal["float"]

    @property
    def samples(self) -> list[Any]:
        return [self.low, self.high, self.low + (self.high - self.low) / pi]  # which is no whole number

    def value(self, drawn: float) -> float:
        return min(max(float(f"{drawn:.{DIGITS}g}"), self.low), self.high)


class Int(Range):
    """A whole number."""

    type: Literal["int"]
    low: int
    high: int

    def value(self, drawn: int) -> int:
        return drawn


class Categorical(Section):
    """Some values in no order. Optuna knows each by its text, as its storage takes no lists."""

    type: Literal["categorical"]
    choices: list[Any]

    @model_validator(mode="after")
    def is_distinct(self) -> Self:
        if len(set(self.texts())) < max(len(self.choices), 2):
            raise ValueError("should have two choices or more, all different")
        return self

    @property
    def samples(self) -> list[Any]:
        return self.choices

    def texts(self) -> list[str]:
        return [choice if isinstance(choice, str) else json.dumps(choice) for choice in self.choices]

    def value(self, drawn: str) -> Any:
        return self.choices[self.texts().index(drawn)]


Parameter = Annotated[Float | Int | Categorical, Field(discriminator="type")]
