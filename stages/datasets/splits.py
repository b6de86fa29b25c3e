"""Training, validation and test images as arrays: one `.npz` file for each split, made by preprocess."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError, naming, shown
from dnn.base.files import check_file
from dnn.base.kinds import LABEL
from dnn.base.npz import npz_layout, read_npz, read_npz_text, write_npz
from dnn.base.strict_json import lacking, parse_json
from dnn.base.types import Array

DIGITS = tuple(map(str, range(10)))
ABOUT = {"name": str, "fallback": bool, "train_images": int, "test_images": int, "classes": [str]}
COUNTED = ("name", "train_images", "test_images")  # what is known of any data set, for the line under a figure
HEADER = 1 << 20  # characters of it, names of classes among them


@dataclass(frozen=True)
class Split:
    """The training, validation or test images.

    Args:
        images: (n, side * side) float32 in [0, 1]; 0 is the background.
        labels: (n, classes) float32, one-hot.
        digits: (n,) uint8, 0 to classes - 1: the same labels as numbers; of the digits their own.
        dataset: the data set's `name`, whether it is a `fallback`, the counts `train_images` (the validation
            images among them) and `test_images`, and the names of its `classes` unless they are the digits.
    """

    images: Array
    labels: Array
    digits: Array
    dataset: dict[str, Any]


def class_names(dataset: Mapping[str, Any], place: str = "its file") -> list[str]:
    """The names of the classes in the order of their numbers; InputError, with the place, where these are none."""
    with naming(place):
        check_dataset(dataset)
    return list(dataset.get("classes", DIGITS))


def class_words(dataset: Mapping[str, Any]) -> tuple[str, str]:
    """The words for a class of the data set, and for several."""
    return ("class", "classes") if "classes" in dataset else ("digit", "digits")


def save_split(path: str | Path, split: Split) -> None:
    """Write the split, whole or not at all; the same split gives the same bytes. Not compressed: reading is fast."""
    dataset = np.array(json.dumps(split.dataset))
    write_npz(path, images=split.images, labels=split.labels, digits=split.digits, dataset=dataset)


def load_split(path: str | Path) -> Split:
    """Read a file of `save_split`.

    Raises:
        InputError: the file is missing, damaged or not a split.
    """
    check_file(path, "`make repro` makes it")
    remedy = "remove it and run `make repro`"
    try:
        text, layout = read_npz_text(path, "dataset", HEADER), npz_layout(path, "images", "labels", "digits")
    except InputError as error:
        raise InputError(f"{error}; {remedy}") from None
    try:
        about = parse_json(text, {})
        check_dataset(about)
    except InputError as error:
        raise InputError(f"{path}: its dataset {error}; {remedy}") from None
    shape, classes = layout[0][0], len(class_names(about))
    n, side = shape[0] if shape else 0, isqrt(shape[1]) if len(shape) == 2 else 0
    expected = {
        "images": ((n, max(side, 1) ** 2), "float32"),
        "labels": ((n, classes), "float32"),
        "digits": ((n,), "uint8"),
    }
    for (name, needed), found in zip(expected.items(), layout, strict=True):
        if (found[0], str(found[1])) != needed:
            told = f"{shown(found[0])} {found[1]}, it should be {needed[0]} {needed[1]}"
            raise InputError(f"{path}: {name} is {told}; {remedy}")
    images, labels, digits = read_npz(path, *expected)
    if not n or digits.max() >= classes or not np.array_equal(labels, np.eye(classes, dtype=np.float32)[digits]):
        raise InputError(f"{path}: it is empty, or labels and digits disagree, for {classes} classes; {remedy}")
    if not (images.min() >= 0 and images.max() <= 1):  # which no NaN is
        raise InputError(f"{path}: images are {images.min():g} to {images.max():g}, they should be 0 to 1; {remedy}")
    return Split(images, labels, digits, about)


def check_dataset(about: Mapping[str, Any], needed: Iterable[str] = ()) -> None:
    """Raise InputError where what is told of a data set is of another kind, or lacks what is needed; its message is to
    follow the name of where it is told.
    """
    if wrong := list(lacking(about, {name: kind for name, kind in ABOUT.items() if name in {*about, *needed}})):
        raise InputError(f"tells no {wrong[0]} of its data set")
    names = about.get("classes", DIGITS)
    if len(names) < 2 or len(set(names)) != len(names) or max(map(len, names)) > LABEL:
        what = f"two names or more of at most {LABEL} letters, each another"
        raise InputError(f"tells the classes {shown(names)}, they should be {what}")


def caption(dataset: dict[str, Any]) -> str:
    """A line for every figure and report, so that no one takes the small digits for MNIST."""
    with naming("its file"):
        check_dataset(dataset, COUNTED)
    counts = f"{dataset['train_images']:,} training and {dataset['test_images']:,} test images"
    of_digits = "not MNIST but " if dataset["name"] != "MNIST" and "classes" not in dataset else ""
    return f"{of_digits}{dataset['name']}: {counts}"
