"""params.yaml as typed, checked sections."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dnn.architecture import Architecture
from dnn.base.errors import InputError
from dnn.base.files import read_text
from dnn.base.options import check_options, declared, option
from dnn.batches.augmentation import Augmentation
from dnn.training.recipe import Training

PUBLISHED = ("mnist", "fashion_mnist", "kmnist")  # those of stages/datasets/published.py
DATASETS = (*PUBLISHED, "digits", "idx")


@dataclass(kw_only=True)
class Data:
    """The data set and where it comes from."""

    dataset: str = option("mnist", "which; idx: four files of your own in `folder`", choices=DATASETS)
    fallback: str = option("digits", "when no mirror gives MNIST; none: an error", choices=("digits", "none"))
    mirrors: dict[str, list[str]] = option(doc="of each published data set, folders and URLs that hold it, in order")
    folder: str = option("data/idx", "of the four files, where dataset is idx")
    classes: list[str] = option(doc="their names in the order of the labels 0, 1, ..., where dataset is idx")

    def __post_init__(self) -> None:
        check_options(self)
        lists = self.mirrors if isinstance(self.mirrors, dict) else {}
        if set(lists) != set(PUBLISHED) or not all(map(is_list_of_texts, lists.values())):
            raise InputError(f"mirrors is {self.mirrors!r}, it should have a list of texts for {', '.join(PUBLISHED)}")
        names = self.classes if is_list_of_texts(self.classes) else [""]
        if len({name.strip() for name in names if name.strip() and name.isprintable()}) < len(names):
            raise InputError(f"classes is {self.classes!r}, it should be a list of different texts; quote numbers")
        if not self.folder.strip():
            raise InputError("folder is empty, it should be the path of a folder, such as data/idx")
        if self.dataset == "idx" and not 2 <= len(self.classes) <= 256:
            raise InputError(f"classes has {len(self.classes)} names, where data.dataset is idx it needs 2 to 256")


def is_list_of_texts(value: Any) -> bool:
    """Whether it is."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


@dataclass(kw_only=True)
class Preprocess:
    """How the training images are split."""

    validation_size: int = option(5000, "images", least=1)
    seed: int = option(0, "of the split", least=0)

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(kw_only=True)
class Model(Architecture):
    """The network."""

    start_from: str = option("", "a model file whose layers to take over; empty: none")


@dataclass(kw_only=True)
class Train(Training):
    """How it is trained."""

    class_weight: str = option("none", "balanced: against the class's share", choices=("none", "balanced"))
    kernels: str = option("portable", "OpenBLAS's, see stages/project/kernels.py", choices=("portable", "native"))
    dynamics: bool = option(False, "watch norms, activations and single images from epoch to epoch")
    members: int = option(1, "networks of an ensemble, each with a seed of its own", least=1)
    seed: int = option(0, "of weights, order and distortion", least=0)


@dataclass(frozen=True)
class Augment(Augmentation):
    """The ranges of random distortion while training."""


S = TypeVar("S")


def load(section: type[S], path: str | Path = "params.yaml") -> S:
    """Read the section whose key is the lower-case name of the class.

    Raises:
        InputError: the file, the section or a key is missing, a key is unknown, or a value has a wrong type or is out
            of range; the message names the key, the value and what is allowed.
    """
    name = section.__name__.lower()
    values = read_yaml(path)
    if name not in values:
        raise InputError(f"{path} has no section {name}; `git checkout {path}` brings the shipped one back")
    try:
        return checked(section, values[name])
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def read_yaml(path: str | Path) -> dict[str, Any]:
    """The sections of a file, read as DVC reads params.yaml: by YAML 1.2, in which 5e-05 is a number, `yes` a text."""
    try:
        values = YAML(typ="safe", pure=True).load(read_text(path))
    except FileNotFoundError:
        raise InputError(f"{path} is not in this folder; run the command from the top of the project") from None
    except YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise InputError(f"{path} has no sections; `git checkout {path}` brings the shipped one back")
    return values


def checked(section: type[S], values: Any) -> S:
    """The section with these values, all of its keys and no others.

    Raises:
        InputError: it is not; the message begins with section and key, such as train.epochs.
    """
    name = section.__name__.lower()
    known = [f.name for f in declared(section)]
    if not isinstance(values, Mapping):
        raise InputError(f"{name} is {values!r}, it should have {', '.join(known)}")
    for key in values:
        if key not in known:
            raise InputError(f"unknown key {name}.{key}; {name} has {', '.join(known)}")
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
