"""The sections of params.yaml that describe a training, and the arguments of the classifier that they give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dnn.architecture import Architecture
from dnn.base import yaml12
from dnn.base.errors import InputError, naming, shown, unquoted
from dnn.base.files import check_file
from dnn.base.kinds import Kind, text
from dnn.base.options import declared, option
from dnn.batches.augmentation import Augmentation
from dnn.training.recipe import Training

STAGE = ("kernels", "dynamics", "members", "seed")  # of a training of the pipeline, not of one network


def path(value: Any) -> str:
    """A text that can be the name of a file."""
    if b"\0" in text(value).encode():  # which refuses halves of characters
        raise ValueError
    return text(value)


PATH = Kind("the path of a file, or empty", path)


@dataclass(kw_only=True)
class Model(Architecture):
    """The network."""

    start_from: str = option("", "a model file whose layers to take over; empty: none", kind=PATH)


@dataclass(kw_only=True)
class Train(Training):
    """How it is trained."""

    augmentation: Augmentation | None = field(init=False, default=None)  # has a section of its own
    class_weight: str = option("none", "balanced: against the class's share", choices=("none", "balanced"))
    kernels: str = option("portable", "OpenBLAS's, see stages/project/kernels.py", choices=("portable", "native"))
    dynamics: bool = option(False, "watch norms, activations and single images from epoch to epoch")
    members: int = option(1, "networks of an ensemble, each with a seed of its own", least=1, most=1000)
    seed: int = option(0, "of weights, order and distortion", least=0)


@dataclass(frozen=True)
class Augment(Augmentation):
    """The ranges of random distortion while training."""


S = TypeVar("S")


def section(kind: type[S], values: Mapping[str, Any], where: str | Path) -> S:
    """The section whose key is the lower-case name of the class, among the entries of a file.

    Raises:
        InputError: as `checked`, or there is none; the message begins with `where`.
    """
    name = kind.__name__.lower()
    if name not in values:
        raise InputError(f"{where} has no section {name}; `git show HEAD:./{where}` prints that of the last commit")
    try:
        return checked(kind, values[name])
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def checked(section: type[S], values: Any) -> S:
    """The section with these values, all of its keys and no others.

    Raises:
        InputError: it is not; the message begins with section and key, such as train.epochs.
    """
    name = section.__name__.lower()
    known = [f.name for f in declared(section)]
    if not isinstance(values, Mapping):
        raise InputError(f"{name} is {shown(values)}, it should have {', '.join(known)}")
    for key in values:
        if key not in known:
            raise InputError(f"unknown key {name}.{unquoted(key)}; {name} has {', '.join(known)}")
    for key in known:
        if key not in values:
            raise InputError(f"{name}.{key} is missing")
    try:
        return section(**values)
    except InputError as error:
        raise InputError(f"{name}.{error}") from None


def values_of(section: Any) -> dict[str, Any]:
    """The section's values by their keys."""
    return {f.name: getattr(section, f.name) for f in declared(section)}


def options_from(model: Model, train: Train, augment: Augment, folder: Path) -> dict[str, Any]:
    """The arguments of the classifier that these sections give, but for the seed; `folder` is the file's."""
    options = values_of(model) | values_of(train)
    for name in STAGE:
        del options[name]
    if model.start_from:
        with naming("model.start_from"):
            check_file(folder / model.start_from)
        options["hidden_layers"] = None  # those in params.yaml are of a network from the start
    return options | {
        "start_from": str(folder / model.start_from) if model.start_from else None,
        "class_weight": None if train.class_weight == "none" else train.class_weight,
        "augmentation": Augmentation(**values_of(augment)),
    }


def read_options(file: str | Path) -> dict[str, Any]:
    """The arguments of the classifier, the seed among them, that a file such as params.yaml gives.

    Raises:
        InputError: it is missing, a value is wrong, or it describes an ensemble.
    """
    values = yaml12.read(file)
    model, train, augment = section(Model, values, file), section(Train, values, file), section(Augment, values, file)
    if train.members > 1:
        raise InputError(f"{file}: train.members is {train.members}, but this is one network; set it to 1")
    return options_from(model, train, augment, Path(file).parent) | {"random_state": train.seed}
