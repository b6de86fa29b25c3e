"""A data set of a person's own: four IDX files of square images in a folder, and the names of the classes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dnn.base.errors import InputError
from stages.datasets.idx import parse_idx
from stages.datasets.packings import nothing_there, offers, unpack
from stages.datasets.published import FILES, MirrorError

LARGEST = 4_000_000_000  # bytes of a file, unpacked


def read_own(folder: Path, classes: Sequence[str]) -> dict[str, bytes]:
    """The content of each of `FILES`, from files by the usual names in any packing of `stages.datasets.packings`.

    Raises:
        InputError: a file is missing, there twice or damaged, the images are not square or not all of one size, or the
            labels do not fit the images or the classes.
    """
    if not folder.is_dir():
        raise InputError(f"data.folder: there is no folder {folder}; name the one with the four IDX files")
    contents = {name: only_content(folder, name) for name in FILES}
    sides = set()
    for part in ("train", "t10k"):
        images, labels = (
            parsed(folder, f"{part}-{kind}-idx{dimensions + 1}-ubyte", contents, dimensions)
            for kind, dimensions in (("images", 2), ("labels", 0))
        )
        sides |= set(images.shape[1:])
        if len(images) != len(labels) or not len(images):
            raise InputError(f"{folder}: {part} has {len(images):,} images and {len(labels):,} labels; give as many")
        if labels.max() >= len(classes):
            raise InputError(
                f"{folder}: {part} has the label {labels.max()}, but data.classes names {len(classes)}, "
                f"for the labels 0 to {len(classes) - 1}"
            )
        few = np.flatnonzero(np.bincount(labels, minlength=len(classes)) < 2)
        if part == "train" and len(few):
            raise InputError(
                f"{folder}: class {few[0]} ({classes[few[0]]}) has fewer than 2 training images; it needs one to "
                "train and one to validate with, or leave it out of data.classes"
            )
    if len(sides) > 1 or not min(sides):
        sizes = " and ".join(map(str, sorted(sides)))
        raise InputError(f"{folder}: the sides of the images are {sizes} pixels; they should be squares of one size")
    return contents


def only_content(folder: Path, name: str) -> bytes:
    """The content, unpacked, of all that is named like this file; InputError where they differ."""
    found: dict[bytes, str] = {}
    for offer in offers(folder):
        if offer.name == name:
            try:
                found.setdefault(unpack(offer.read(LARGEST), LARGEST), offer.place)
            except (MirrorError, OSError) as error:
                raise InputError(f"{offer.place}: {error}") from None
    if len(found) > 1:
        raise InputError(f"{' and '.join(found.values())} differ; name the folder of one data set as data.folder")
    if not found:
        raise InputError(f"data.folder is {folder}, but {name}: {nothing_there(folder)}")
    return next(iter(found))


def parsed(folder: Path, name: str, contents: dict[str, bytes], item_dimensions: int) -> np.ndarray:
    """The items of one file."""
    try:
        return parse_idx(contents[name], item_dimensions)
    except InputError as error:
        raise InputError(f"{folder}: {name} {error}; unsigned bytes are needed") from None
