"""The ready-made comparisons, as comparisons.yaml declares them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from dnn.base import yaml12
from dnn.base.errors import InputError, shown, unquoted

SHIPPED = Path(__file__).with_name("comparisons.yaml")


class Comparison(BaseModel):
    """Trainings that differ in what is compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    why: str  # what makes the answer interesting, and the choices that make the comparison fair
    fixed: dict[str, Any]  # parameters of all runs, by dotted names, where they are not those of params.yaml
    runs: dict[str, dict[str, Any]]  # by the end of its experiment's name, the parameters that are a run's own

    def overrides(self, extra: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """For each run what it changes in params.yaml, with `extra` for all of them.

        Raises:
            InputError: `extra` sets what the runs vary.
        """
        for name in extra:
            if any(name in own for own in self.runs.values()):
                raise InputError(f"{name} is what this comparison varies; leave it out, or declare another comparison")
        return {run: {**self.fixed, **extra, **own} for run, own in self.runs.items()}


def load_comparisons(path: Path = SHIPPED) -> dict[str, Comparison]:
    """All comparisons by name; InputError where the file is not YAML of this form."""
    known = {}
    for name, entry in yaml12.read(path).items():
        try:
            known[str(name)] = Comparison.model_validate(entry)
        except ValidationError as error:
            raise InputError(f"{path}: {unquoted(name)}{explain(error)}") from None
    return known


def explain(error: ValidationError) -> str:
    """The first thing that is wrong with a comparison, as the rest of a line that begins with its name."""
    first = error.errors()[0]
    key = "".join(f".{part}" for part in first["loc"])
    if first["type"] in ("missing", "extra_forbidden"):
        wrong = "is missing" if first["type"] == "missing" else "is not known"
        return f"{key} {wrong}; a comparison has {', '.join(Comparison.model_fields)}"
    return f"{key} is {shown(first['input'])}, it should be of another kind: {first['msg'].removeprefix('Input ')}"


def find_comparison(name: str) -> Comparison:
    """The ready-made comparison of that name; InputError where there is none."""
    known = load_comparisons()
    if name not in known:
        raise InputError(f"there is no comparison {name}; there are {', '.join(known)}")
    return known[name]
