"""params.yaml as typed, checked sections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dnn.architecture import Architecture
from dnn.base.errors import InputError, shown, unquoted
from dnn.base.kinds import Kind, by_name, listed, text
from dnn.base.options import check_options, declared, option
from dnn.batches.augmentation import Augmentation
from dnn.training.recipe import Training
from stages.project import yaml12
from stages.project.paths import top

PUBLISHED = ("mnist", "fashion_mnist", "kmnist")  # those of stages/datasets/published.py
DATASETS = (*PUBLISHED, "digits", "idx")


def path(value: Any) -> str:
    """A text that can be the name of a file."""
    if b"\0" in text(value).encode():  # which refuses halves of characters
        raise ValueError
    return text(value)


def texts(value: Any) -> list[str]:
    """A list of texts."""
    return [text(item) for item in listed(value)]


def mirrors(value: Any) -> dict[str, list[str]]:
    """A list of texts for each published data set."""
    lists = {name: texts(items) for name, items in by_name(value).items()}
    if set(lists) != set(PUBLISHED):
        raise ValueError
    return lists


def names(value: Any) -> list[str]:
    """Texts of one line that differ from each other and are not empty."""
    items = texts(value)
    if len({item.strip() for item in items if item.strip() and item.isprintable()}) < len(items):
        raise ValueError
    return items


def folder(value: Any) -> str:
    """A text that can be the name of a folder."""
    if not path(value).strip():
        raise ValueError
    return path(value)


PATH = Kind("the path of a file, or empty", path)
FOLDER = Kind("the path of a folder, data/idx or one in it", folder)
MIRRORS = Kind(f"a list of texts for each of {', '.join(PUBLISHED)}", mirrors)
NAMES = Kind("a list of different texts; quote numbers", names)


@dataclass(kw_only=True)
class Data:
    """The data set and where it comes from."""

    dataset: str = option("mnist", "which; idx: four files of your own in `folder`", choices=DATASETS)
    fallback: str = option("digits", "when no mirror gives MNIST; none: an error", choices=("digits", "none"))
    mirrors: dict[str, list[str]] = option(doc="folders and URLs that hold the data set, in order", kind=MIRRORS)
    folder: str = option("data/idx", "of the four files, where dataset is idx", kind=FOLDER)
    classes: list[str] = option(doc="in the order of the labels 0, 1, ..., where dataset is idx", kind=NAMES)

    def __post_init__(self) -> None:
        check_options(self)
        if self.dataset == "idx" and not 2 <= len(self.classes) <= 256:
            raise InputError(f"classes has {len(self.classes)} names, where data.dataset is idx it needs 2 to 256")
        if self.dataset != "idx" and self.classes:
            raise InputError(f"classes is {shown(self.classes)}, but {self.dataset} has its own; it should be []")


@dataclass(kw_only=True)
class Preprocess:
    """How the training images are split."""

    validation_size: int = option(5000, "images", least=1)
    seed: int = option(0, "of the split, as scikit-learn's generator takes it", least=0, most=2**32 - 1)

    def __post_init__(self) -> None:
        check_options(self)


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


@dataclass(kw_only=True)
class Evaluate:
    """How the trained network answers when it is measured, and in `predict`."""

    shifts: int = option(0, "pixels by which images move; the answer is the mean over all moves", least=0, most=3)

    def __post_init__(self) -> None:
        check_options(self)


S = TypeVar("S")
SECTIONS: dict[str, type] = {
    section.__name__.lower(): section for section in (Data, Preprocess, Model, Train, Augment, Evaluate)
}


def load(section: type[S], path: str | Path | None = None) -> S:
    """Read the section whose key is the lower-case name of the class, from the project's params.yaml or another file.

    Raises:
        InputError: the file, the section or a key is missing, a section or a key is unknown, or a value has a wrong
            type or is out of range; the message names the key, the value and what is allowed.
    """
    name, path = section.__name__.lower(), path or top() / "params.yaml"
    values = yaml12.read(path)
    for key in values:
        if key not in SECTIONS:
            raise InputError(f"{path}: unknown section {unquoted(key)}; known are {', '.join(SECTIONS)}")
    if name not in values:
        raise InputError(f"{path} has no section {name}; `git show HEAD:./{path}` prints that of the last commit")
    try:
        return checked(section, values[name])
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


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
