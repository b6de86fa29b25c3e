"""Read MNIST's files into arrays, split into training, validation and test images."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.preprocess`")


import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from dnn.base.errors import InputError
from stages.datasets.idx import read_idx
from stages.datasets.splits import CLASSES, PIXELS, Split, save_split
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
    images, digits = read_pair(raw, "train", dataset["train_images"])
    size = validation_size(params.validation_size, len(digits), dataset["name"])
    train, val = train_test_split(np.arange(len(digits)), test_size=size, random_state=params.seed, stratify=digits)
    counts = {}
    for name, rows in {"train": train, "val": val}.items():
        rows.sort()
        counts[name] = write(processed, name, images[rows], digits[rows], dataset)
    images, digits = read_pair(raw, "t10k", dataset["test_images"])
    counts["test"] = write(processed, "test", images, digits, dataset)
    if size != params.validation_size:
        print(f"{dataset['name']} is small: validation_size is {size:,} here, not {params.validation_size:,}")
    print(f"{dataset['name']}: images of each class\n{'class':<5}", *(f"{name:>7}" for name in counts))
    for digit in range(CLASSES):
        print(f"{digit:<5}", *(f"{count[digit]:>7,}" for count in counts.values()))
    print(f"{'all':<5}", *(f"{count.sum():>7,}" for count in counts.values()))
    megabytes = sum((processed / f"{name}.npz").stat().st_size for name in counts) / 1e6
    print(f"{processed}: images (n, {PIXELS}) and labels (n, {CLASSES}) in float32, {megabytes:.0f} MB")


def read_dataset(raw: Path) -> dict[str, Any]:
    """The entries of dataset.json about the images, without their checksums."""
    path = raw / "dataset.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return {key: record[key] for key in ("name", "fallback", "train_images", "test_images")}
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run `make repro`, which fetches the data") from None
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} does not describe a data set ({error!r}); remove it and run `make repro`") from None


def read_pair(raw: Path, name: str, expected: int) -> tuple[Bytes, Bytes]:
    """The images (n, 28, 28) and their digits (n,), where n is as expected."""
    images_path, digits_path = raw / f"{name}-images-idx3-ubyte.gz", raw / f"{name}-labels-idx1-ubyte.gz"
    images, digits = read_idx(images_path, (28, 28)), read_idx(digits_path, ())
    for path, items in (images_path, images), (digits_path, digits):
        if len(items) != expected:
            raise InputError(
                f"{path} has {len(items):,} items, {raw / 'dataset.json'} says {expected:,}; "
                "remove both and run `make repro`"
            )
    if digits.max() >= CLASSES:
        raise InputError(f"{digits_path} has the label {digits.max()}, labels are 0 to {CLASSES - 1}")
    return images, digits


def validation_size(wanted: int, n: int, dataset: str) -> int:
    """Number of training images, of n, to validate with: `wanted`, but of the small digits at most a fifth.
    InputError where train and val cannot both have an image of each class.
    """
    size = wanted if dataset == "MNIST" else min(wanted, n // 5)
    if not CLASSES <= size <= n - CLASSES:
        raise InputError(
            f"preprocess.validation_size is {wanted:,}, but there are {n:,} training images; "
            f"it should be from {CLASSES} to {n - CLASSES:,}"
        )
    return size


def write(processed: Path, name: str, images: Bytes, digits: Bytes, dataset: dict[str, Any]) -> NDArray[np.intp]:
    """Write one split, and count its images of each class."""
    scaled = np.divide(images.reshape(-1, PIXELS), np.float32(255), dtype=np.float32)
    labels = np.eye(CLASSES, dtype=np.float32)[digits]
    save_split(processed / f"{name}.npz", Split(scaled, labels, digits, dataset))
    return np.bincount(digits, minlength=CLASSES)


if __name__ == "__main__":
    cli.run(main, "python -m stages.preprocess data/raw data/processed")
