"""Training, validation and test images as arrays: one `.npz` file for each split, made by preprocess."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.files import read_npz, write_npz
from dnn.base.types import Array

PIXELS = 28 * 28
CLASSES = 10


@dataclass(frozen=True)
class Split:
    """The training, validation or test images.

    Args:
        images: (n, 784) float32 in [0, 1]; 0 is the background.
        labels: (n, 10) float32, one-hot.
        digits: (n,) uint8, 0 to 9: the same labels as numbers.
        dataset: the data set's `name`, whether it is a `fallback`, and the counts `train_images` (the validation
            images among them) and `test_images`.
    """

    images: Array
    labels: Array
    digits: Array
    dataset: dict[str, Any]


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
    n = len(digits)
    expected = {"images": ((n, PIXELS), "float32"), "labels": ((n, CLASSES), "float32"), "digits": ((n,), "uint8")}
    for (name, (shape, dtype)), array in zip(expected.items(), (images, labels, digits), strict=True):
        if array.shape != shape or array.dtype != dtype:
            raise InputError(
                f"{path}: {name} is {array.shape} {array.dtype}, it should be {shape} {dtype}; "
                "remove it and run `make repro`"
            )
    return Split(images, labels, digits, json.loads(str(dataset)))


def caption(dataset: dict[str, Any]) -> str:
    """A line for every figure and report, so that no one takes the small digits for MNIST."""
    counts = f"{dataset['train_images']:,} training and {dataset['test_images']:,} test images"
    return f"{'not MNIST but ' if dataset['name'] != 'MNIST' else ''}{dataset['name']}: {counts}"
