"""Training, validation and test images as arrays: one `.npz` file for each split, made by preprocess."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.files import read_npz, write_npz
from dnn.base.types import Array

DIGITS = tuple(map(str, range(10)))


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


def class_names(dataset: Mapping[str, Any]) -> list[str]:
    """The names of the classes in the order of their numbers."""
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
    if not Path(path).is_file():
        raise InputError(f"{path} is missing; `make repro` makes it")
    images, labels, digits, dataset = read_npz(path, "images", "labels", "digits", "dataset")
    about = json.loads(str(dataset))
    n, side, classes = len(digits), isqrt(images.size // max(len(images), 1)), len(class_names(about))
    expected = {
        "images": ((n, max(side, 1) ** 2), "float32"),
        "labels": ((n, classes), "float32"),
        "digits": ((n,), "uint8"),
    }
    for (name, (shape, dtype)), array in zip(expected.items(), (images, labels, digits), strict=True):
        if array.shape != shape or array.dtype != dtype:
            raise InputError(
                f"{path}: {name} is {array.shape} {array.dtype}, it should be {shape} {dtype}; "
                "remove it and run `make repro`"
            )
    return Split(images, labels, digits, about)


def caption(dataset: dict[str, Any]) -> str:
    """A line for every figure and report, so that no one takes the small digits for MNIST."""
    counts = f"{dataset['train_images']:,} training and {dataset['test_images']:,} test images"
    of_digits = "not MNIST but " if dataset["name"] != "MNIST" and "classes" not in dataset else ""
    return f"{of_digits}{dataset['name']}: {counts}"
