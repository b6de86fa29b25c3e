"""The presets, as the files of the folder `presets` declare them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnn.base import yaml12
from dnn.base.errors import InputError, shown
from dnn.base.kinds import check
from dnn.base.options import declared
from stages.project import params
from stages.project.params import Augment, Evaluate, Model, Train
from stages.training.options import SECTIONS

FOLDER = Path(__file__).with_name("presets")
BASE = "default"  # the preset that the others differ from, where they name no other
# Parameters that no preset sets: of the machine, of what is watched meanwhile, and of chance.
FREE = ("train.kernels", "train.threads", "train.dynamics", "train.seed")
SHIFTS = "evaluate.shifts"
PIXELS, CLASSES = 784, 10  # of MNIST

Sections = tuple[Model, Train, Augment]


@dataclass(frozen=True)
class Preset:
    """A network and how to train it: values for all parameters of a training but those of `FREE`."""

    name: str
    about: str
    budget: float  # seconds of training on two quiet cores
    values: dict[str, Any]  # by dotted names
    settings: str  # their `digest`
    weights: int  # parameters of the network, or of all members, for MNIST
    shifts: int = 0  # `evaluate.shifts`: how the trained network answers
    goal: float | None = None  # % of MNIST's test images that it should answer rightly, in the mean over seeds

    @property
    def score(self) -> str:
        """The column of the table of seeds that tells how accurate the trained network answers."""
        return "test_accuracy_shifted" if self.shifts else "test_accuracy"

    @property
    def everything(self) -> dict[str, Any]:
        """All that the preset says of params.yaml, by dotted names."""
        return self.values | {SHIFTS: self.shifts}


def preset_names() -> list[str]:
    """The presets that have a file, the base first."""
    names = sorted(path.stem for path in FOLDER.glob("*.yaml"))
    return [BASE, *(name for name in names if name != BASE)]


def load_presets() -> list[Preset]:
    """All presets; raises InputError as `find_preset`."""
    return [find_preset(name) for name in preset_names()]


def find_preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        InputError: there is none, or its file is not YAML of this form, or a value is wrong, or the layers do not fit
            each other; the message names file, key and value.
    """
    if name not in preset_names():
        raise InputError(f"there is no preset {name}; there are {', '.join(preset_names())}")
    values = defaults()
    for each in lineage(name):
        path = FOLDER / f"{each}.yaml"
        entry = yaml12.read(path)
        try:
            about, budget, shifts, goal = described(entry)
            values |= own_values(entry, values)
            sections = checked(values)
            weights = sections[0].build(PIXELS, CLASSES).params.size * sections[1].members
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
    return Preset(name, about, budget, values, digest(sections), weights, shifts, goal)


def lineage(name: str) -> list[str]:
    """The presets whose values a preset has, one over the other, and itself at the end."""
    names = [name]
    while names[0] != BASE:
        path = FOLDER / f"{names[0]}.yaml"
        like = yaml12.read(path).get("like", BASE)
        if like in names or like not in preset_names():
            raise InputError(f"{path}: like is {shown(like)}, it should name another preset, and in no circle")
        names.insert(0, like)
    return names


def defaults() -> dict[str, Any]:
    """The parameters that presets set, by dotted names, with the defaults that are declared beside the options."""
    pairs = ((f"{name}.{f.name}", f.default) for name, section in SECTIONS.items() for f in declared(section))
    return {name: default for name, default in pairs if name not in FREE}


def described(entry: Mapping[str, Any]) -> tuple[str, float, int, float | None]:
    """The file's own description, its budget, how the trained network is to answer, and its goal, if there is one."""
    known = ("about", "budget", "goal", "like", "shifts", *SECTIONS)
    for key in entry:
        if key not in known:
            raise InputError(f"unknown key {shown(key)}; a preset has {', '.join(known)}")
    for key in ("about", "budget"):
        if key not in entry:
            raise InputError(f"{key} is missing; a preset has {', '.join(known)}")
    shifts = Evaluate(shifts=entry.get("shifts", 0)).shifts
    goal = check("goal", entry["goal"], float, least=0, most=100) if "goal" in entry else None
    return check("about", entry["about"], str), check("budget", entry["budget"], float, above=0), shifts, goal


def own_values(entry: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the file sets, by dotted names."""
    values = {}
    for section in SECTIONS:
        own = entry.get(section, {})
        if not isinstance(own, Mapping):
            raise InputError(f"{section} is {shown(own)}, it should map parameters to values")
        for key, value in own.items():
            name = f"{section}.{key}"
            if name in FREE:
                raise InputError(f"{name} is no preset's to say; set it in params.yaml")
            if name not in known:
                raise InputError(f"unknown key {name}")
            values[name] = value
    return values


def checked(values: Mapping[str, Any]) -> Sections:
    """The sections of params.yaml with these values, and the declared defaults of `FREE`."""
    model, train, augment = (
        {f.name: values.get(f"{name}.{f.name}", f.default) for f in declared(section)}
        for name, section in SECTIONS.items()
    )
    return params.checked(Model, model), params.checked(Train, train), params.checked(Augment, augment)


def values_of(sections: Sections) -> dict[str, Any]:
    """The values that presets set, by dotted names, of checked sections."""
    pairs = zip(SECTIONS, sections, strict=True)
    named = {f"{name}.{key}": value for name, part in pairs for key, value in params.values_of(part).items()}
    return {name: value for name, value in named.items() if name not in FREE}


def digest(sections: Sections) -> str:
    """8 hexadecimal digits of the parameters that are not as the options' own defaults have them: another option that
    comes, and is off, changes none.
    """
    neutral = defaults()
    changed = {name: value for name, value in values_of(sections).items() if value != neutral[name]}
    return hashlib.sha256(json.dumps(changed, sort_keys=True).encode()).hexdigest()[:8]
