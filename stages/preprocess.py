"""Read the four IDX files into arrays, split into training, validation and test images."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.preprocess`")


import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from dnn.base.errors import InputError
from dnn.base.files import check_file
from dnn.base.strict_json import read_json
from stages.datasets.idx import read_idx
from stages.datasets.published import PUBLISHED
from stages.datasets.splits import COUNTED, Split, check_dataset, class_names, save_split
from stages.display.bars import columns, printable
from stages.project import cli
from stages.project.params import Preprocess, load

Bytes = NDArray[np.uint8]


def main(
    raw: Annotated[Path, typer.Argument(help="Folder with the four IDX files and dataset.json")],
    processed: Annotated[Path, typer.Argument(help="Folder for train.npz, val.npz and test.npz")],
) -> None:
    """Split the training images into train and val, stratified; leave the test images as they are; write arrays."""
    from sklearn.model_selection import train_test_split

    params = load(Preprocess)
    dataset = read_dataset(raw)
    names = class_names(dataset)
    images, digits = read_pair(raw, "train", dataset)
    size = validation_size(params.validation_size, len(digits), dataset)
    train, val = train_test_split(np.arange(len(digits)), test_size=size, random_state=params.seed, stratify=digits)
    counts = {}
    for name, rows in {"train": train, "val": val}.items():
        rows.sort()
        counts[name] = write(processed, name, images[rows], digits[rows], dataset)
    images, digits = read_pair(raw, "t10k", dataset)
    counts["test"] = write(processed, "test", images, digits, dataset)
    if size != params.validation_size:
        print(f"{dataset['name']} is small: validation_size is {size:,} here, not {params.validation_size:,}")
    shown = [printable(name, sys.stdout.encoding) for name in names]
    margin = max(map(columns, ["class", *shown]))
    print(f"{dataset['name']}: images of each class\n{'class':<{margin}}", *(f"{name:>7}" for name in counts))
    for row, name in enumerate(shown):
        print(name + " " * (margin - columns(name)), *(f"{count[row]:>7,}" for count in counts.values()))
    print(f"{'all':<{margin}}", *(f"{count.sum():>7,}" for count in counts.values()))
    megabytes = sum((processed / f"{name}.npz").stat().st_size for name in counts) / 1e6
    pixels = images[0].size
    print(f"{processed}: images (n, {pixels}) and labels (n, {len(names)}) in float32, {megabytes:.0f} MB")


def read_dataset(raw: Path) -> dict[str, Any]:
    """The entries of dataset.json about the images, without their checksums."""
    path = raw / "dataset.json"
    check_file(path, "run `make repro`, which fetches the data")
    record = read_json(path, {}, remedy := "remove it and run `make repro`")
    try:
        check_dataset(record, ("fallback", *COUNTED))
    except InputError as error:
        raise InputError(f"{path} {error}; {remedy}") from None
    return {key: record[key] for key in ("name", "fallback", "train_images", "test_images", "classes") if key in record}


def read_pair(raw: Path, name: str, dataset: dict[str, Any]) -> tuple[Bytes, Bytes]:
    """The images (n, side, side) and their labels (n,), as many as dataset.json says."""
    images_path, digits_path = raw / f"{name}-images-idx3-ubyte", raw / f"{name}-labels-idx1-ubyte"
    images, digits = read_idx(images_path, 2), read_idx(digits_path, 0)
    expected, classes = dataset["train_images" if name == "train" else "test_images"], len(class_names(dataset))
    for path, items in (images_path, images), (digits_path, digits):
        if len(items) != expected or not len(items):
            raise InputError(
                f"{path} has {len(items):,} items, {raw / 'dataset.json'} says {expected:,}; "
                "remove both and run `make repro`"
            )
    if digits.max() >= classes:
        raise InputError(f"{digits_path} has the label {digits.max()}, labels are 0 to {classes - 1}")
    return images, digits


def validation_size(wanted: int, n: int, dataset: dict[str, Any]) -> int:
    """Number of training images, of n, to validate with: `wanted`, but of data sets that are small by nature, the small
    digits and a person's own, at most a fifth. InputError where train and val cannot both have an image of each class.
    """
    classes = len(class_names(dataset))
    large = dataset["name"] in {published.name for published in PUBLISHED.values()}
    size = wanted if large else min(wanted, n // 5)
    if not classes <= size <= n - classes:
        raise InputError(
            f"preprocess.validation_size is {wanted:,}, but there are {n:,} training images; "
            f"it should be from {classes} to {n - classes:,}"
        )
    return size


def write(processed: Path, name: str, images: Bytes, digits: Bytes, dataset: dict[str, Any]) -> NDArray[np.intp]:
    """Write one split, and count its images of each class."""
    scaled = np.divide(images.reshape(len(images), -1), np.float32(255), dtype=np.float32)
    classes = len(class_names(dataset))
    labels = np.eye(classes, dtype=np.float32)[digits]
    save_split(processed / f"{name}.npz", Split(scaled, labels, digits, dataset))
    return np.bincount(digits, minlength=classes)


if __name__ == "__main__":
    cli.run(main, "python -m stages.preprocess data/raw data/processed", writes=["processed"])
