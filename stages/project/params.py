"""params.yaml as typed, checked sections."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from dnn.base import yaml12
from dnn.base.errors import InputError, shown, unquoted
from dnn.base.kinds import LABEL, Kind, by_name, listed, text
from dnn.base.options import check_options, option
from dnn.params import Augment as Augment
from dnn.params import Model as Model
from dnn.params import Train as Train
from dnn.params import checked as checked
from dnn.params import path as path
from dnn.params import section as section_of
from dnn.params import values_of as values_of
from stages.project.paths import top

PUBLISHED = ("mnist", "fashion_mnist", "kmnist")  # those of stages/datasets/published.py
DATASETS = (*PUBLISHED, "digits", "idx")


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
    """Texts of one line, of at most 200 letters, that differ from each other and are not empty."""
    items = texts(value)
    fit = {item.strip() for item in items if item.strip() and item.isprintable() and len(item) <= LABEL}
    if len(fit) < len(items):
        raise ValueError
    return items


def folder(value: Any) -> str:
    """A text that can be the name of a folder."""
    if not path(value).strip():
        raise ValueError
    return path(value)


FOLDER = Kind("the path of a folder, data/idx or one in it", folder)
MIRRORS = Kind(f"a list of texts for each of {', '.join(PUBLISHED)}", mirrors)
NAMES = Kind(f"a list of different texts of at most {LABEL} letters; quote numbers", names)


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
    path = path or top() / "params.yaml"
    values = yaml12.read(path)
    for key in values:
        if key not in SECTIONS:
            raise InputError(f"{path}: unknown section {unquoted(key)}; known are {', '.join(SECTIONS)}")
    return section_of(section, values, path)
