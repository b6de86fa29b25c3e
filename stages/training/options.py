"""From params.yaml, and what a command changes in it, to the arguments of the classifier, and to a training by them."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np

from dnn.architecture import Architecture
from dnn.base import yaml12
from dnn.base.errors import InputError
from dnn.base.types import Array
from dnn.batches.labels import find_classes
from dnn.batches.weights import example_weights
from dnn.params import options_from as of_sections
from dnn.training.memory import need_memory_to_train
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from stages.datasets.splits import Split
from stages.project import params
from stages.project.params import Augment, Model, Train, values_of
from stages.project.paths import top

# those that a training reads; others change the data for all
SECTIONS: dict[str, type] = {"model": Model, "train": Train, "augment": Augment}
NOTHING: Mapping[str, Any] = MappingProxyType({})


def sections_of(overrides: Mapping[str, Any] = NOTHING) -> tuple[Model, Train, Augment]:
    """The sections of params.yaml that a training reads, with some values replaced.

    Args:
        overrides: new values by dotted names, such as {"train.learning_rate": 0.01}.

    Raises:
        InputError: the file or a value is wrong, or a name unknown.
    """
    values: dict[str, Any] = {name: values_of(params.load(section)) for name, section in SECTIONS.items()}
    if "train.kernels" in overrides:
        raise InputError("train.kernels is read when a command starts; set it in params.yaml")
    for name, value in overrides.items():
        section, *path = name.split(".")
        if section not in SECTIONS or not path:
            raise InputError(f"unknown parameter {name}; it should begin with {', '.join(f'{k}.' for k in SECTIONS)}")
        place: Any = values[section]
        for key in path[:-1]:
            place = place.setdefault(key, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise InputError(f"unknown parameter {name}; {name.rpartition('.')[0]} has no parts")
        place[path[-1]] = value
    checked = params.checked
    return checked(Model, values["model"]), checked(Train, values["train"]), checked(Augment, values["augment"])


def options_of(overrides: Mapping[str, Any] = NOTHING) -> dict[str, Any]:
    """The arguments of the classifier, but for the seed, as `sections_of` reads them."""
    return options_from(*sections_of(overrides))


def options_from(model: Model, train: Train, augment: Augment) -> dict[str, Any]:
    """The arguments of the classifier that these sections give."""
    return of_sections(model, train, augment, top())


def new_trainer(options: Mapping[str, Any], seed: int, train: Split) -> Trainer:
    """The training of a new network by these arguments of the classifier.

    It comes to the same bytes as the classifier's, but without scikit-learn, which takes as long to import as an epoch.
    """
    architecture = Architecture(**{f.name: options[f.name] for f in fields(Architecture)})
    training = Training(**{f.name: options[f.name] for f in fields(Training)})
    features, classes, rng = train.images.shape[1], train.labels.shape[1], np.random.default_rng(seed)
    need_memory_to_train(*architecture.plan(features, classes), training, len(train.images))
    return Trainer.of(architecture.network(features, classes, rng), training, rng)


def classes_of(split: Split) -> Array:
    """The labels in the order of the columns."""
    return find_classes(split.digits, split.labels.shape[1])


def weights_of(split: Split, trainer: Trainer) -> Array | None:
    """(n,) the weight of each image by its class, where there are such."""
    return example_weights(split.digits, classes_of(split), trainer.recipe.class_weight)


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """`-S` options, such as `train.epochs=5`, as values by dotted names, read as in params.yaml.

    Raises:
        InputError: one is not name=value, or does not set a parameter of a training.
    """
    values = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name.partition(".")[0] not in SECTIONS:
            raise InputError(f"-S {setting}: it should be NAME=VALUE with a name in {', '.join(SECTIONS)}")
        try:
            values[name] = yaml12.parse(text, setting)
        except InputError:
            raise InputError(f"-S {setting}: {text} is no value") from None
    return values
