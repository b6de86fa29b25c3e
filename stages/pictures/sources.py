"""Files, folders, globs and numbers of test images -> pictures in the data set's form, or why there is none."""

import glob
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dnn.base.errors import InputError
from dnn.base.types import Array
from stages.datasets.centring import SIDE
from stages.datasets.splits import DIGITS, class_names, load_split
from stages.pictures.image import read_picture, to_mnist, to_square
from stages.project.paths import pipeline_path

SUFFIXES = {".bmp", ".gif", ".ico", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
LARGEST = 200_000_000  # bytes


@dataclass(frozen=True)
class Picture:
    """One digit, or one thing of another class, to be told.

    Args:
        name: where it comes from, for people.
        pixels: (side * side,) float32 in [0, 1]; of a digit in MNIST's form.
        truth: name of its class, where that is known.
    """

    name: str
    pixels: Array
    truth: str | None = None


def from_words(words: Iterable[str], side: int = SIDE, digits: bool = True) -> Iterator[Picture | InputError]:
    """Read files, folders of pictures, globs, and `-` for the standard input; errors begin with the name.

    Args:
        words: names of them.
        side: pixels along one side of the network's images.
        digits: whether they are digits, and to be brought to MNIST's form.
    """
    for word in words:
        try:
            names = expand(word)
        except (InputError, OSError) as error:
            yield InputError(f"{word}: {reason(error)}")
            continue
        for name in names:
            try:
                image = read_picture(read_bytes(name))
                yield Picture(name, to_mnist(image) if digits else to_square(image, side))
            except (InputError, OSError) as error:
                yield InputError(f"{'standard input' if name == '-' else name}: {reason(error)}")


def from_test_set(indexes: Sequence[int], names: Sequence[str] = DIGITS) -> Iterator[Picture | InputError]:
    """Images of the test set by their number, from 0, where its classes have these names; without any the test set need
    not be there.
    """
    if not indexes:
        return
    try:
        test = load_split(pipeline_path("processed") / "test.npz")
    except InputError as error:
        yield error
        return
    if class_names(test.dataset) != list(names):
        yield InputError(
            f"the test images are of {test.dataset['name']}, the model learned another data set; give a picture, or "
            "run `dvc repro`"
        )
        return
    count = len(test.digits)
    for index in indexes:
        if 0 <= index < count:
            yield Picture(f"test image {index}", test.images[index], names[test.digits[index]])
        else:
            yield InputError(f"test image {index}: there are {count:,}, numbered from 0 to {count - 1}")


def expand(word: str) -> list[str]:
    """The names of the files that `word` stands for."""
    path = Path(word)
    if path.is_dir():
        names = sorted(str(file) for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
        if not names:
            raise InputError("no pictures in this folder")
        return names
    if glob.has_magic(word) and not path.exists():
        found = glob.glob(word, recursive=True)  # noqa: PTH207 (Path.glob takes no absolute patterns)
        names = sorted(name for name in found if Path(name).is_file())
        if not names:
            raise InputError("no file matches")
        return names
    return [word]


def read_bytes(name: str) -> bytes:
    """The whole content of the file, or of the standard input."""
    if name == "-":
        data = sys.stdin.buffer.read(LARGEST + 1)
    else:
        with Path(name).open("rb") as file:
            data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(f"larger than {LARGEST // 1_000_000} MB")
    return data


def reason(error: InputError | OSError) -> str:
    """The message of an error, without the name of the file."""
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
