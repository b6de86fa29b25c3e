"""Training, validation and test images as arrays: one `.npz` file for each split, made by preprocess."""

import json
import os
import struct
import zipfile
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


def load_split(path: str | Path, mapped: bool = False) -> Split:
    """Read a file of `save_split`.

    Args:
        mapped: read an image only when it is looked at, for who needs few of them.

    Raises:
        InputError: the file is missing, damaged or not a split.
    """
    if not Path(path).is_file():
        raise InputError(f"{path} is missing; `make repro` makes it")
    labels, digits, dataset = read_npz(path, "labels", "digits", "dataset")
    images = map_images(path) if mapped else read_npz(path, "images")[0]
    n = len(digits)
    expected = {"images": ((n, PIXELS), "float32"), "labels": ((n, CLASSES), "float32"), "digits": ((n,), "uint8")}
    for (name, (shape, dtype)), array in zip(expected.items(), (images, labels, digits), strict=True):
        if array.shape != shape or array.dtype != dtype:
            raise InputError(
                f"{path}: {name} is {array.shape} {array.dtype}, it should be {shape} {dtype}; "
                "remove it and run `make repro`"
            )
    return Split(images, labels, digits, json.loads(str(dataset)))


def map_images(path: str | Path) -> Array:
    """The images of a split's file as an array in which what is not looked at is not read."""
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("images.npy").header_offset
    with Path(path).open("rb") as file:
        file.seek(start + 26)  # of the member's header, whose last two parts have lengths of their own
        file.seek(sum(struct.unpack("<HH", file.read(4))), os.SEEK_CUR)
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        return np.memmap(file, dtype, "r", file.tell(), shape)


def caption(dataset: dict[str, Any]) -> str:
    """A line for every figure and report, so that no one takes the small digits for MNIST."""
    counts = f"{dataset['train_images']:,} training and {dataset['test_images']:,} test images"
    return f"{'not MNIST but ' if dataset['name'] != 'MNIST' else ''}{dataset['name']}: {counts}"
