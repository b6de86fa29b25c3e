"""What a parameter may be in a search: a real number, a whole number, or one of some values."""

import json
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from dnn.base.extra import extra
from stages.project.params import Number, Section

DIGITS = 3  # significant ones of a real number: more would say nothing


class Range(Section):
    """What real and whole numbers have in common; log: as many trials from 0.001 to 0.01 as from 0.01 to 0.1."""

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
    type: Literal["float"]
    low: Annotated[float, Number, Field(allow_inf_nan=False)]
    high: Annotated[float, Number, Field(allow_inf_nan=False)]

    def distribution(self) -> Any:
        return extra("optuna.distributions", "search").FloatDistribution(self.low, self.high, log=self.log)

    @property
    def samples(self) -> list[Any]:
        return [self.low, self.high, self.low + (self.high - self.low) / np.pi]  # which is no whole number

    def value(self, drawn: float) -> float:
        return min(max(float(f"{drawn:.{DIGITS}g}"), self.low), self.high)


class Int(Range):
    type: Literal["int"]
    low: Annotated[int, Number]
    high: Annotated[int, Number]

    def distribution(self) -> Any:
        return extra("optuna.distributions", "search").IntDistribution(self.low, self.high, log=self.log)

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

    def distribution(self) -> Any:
        return extra("optuna.distributions", "search").CategoricalDistribution(self.texts())

    def value(self, drawn: str) -> Any:
        return self.choices[self.texts().index(drawn)]


Parameter = Float | Int | Categorical
KINDS: dict[Any, type[Parameter]] = {"float": Float, "int": Int, "categorical": Categorical}
