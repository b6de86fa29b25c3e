"""Files, folders, globs and numbers of test images -> pictures in MNIST's form, or why there is none."""

import glob
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dnn.base.errors import InputError
from dnn.base.types import Array
from stages.datasets.splits import load_split
from stages.pictures.image import read_picture, to_mnist
from stages.project.paths import pipeline_path

SUFFIXES = {".bmp", ".gif", ".ico", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
LARGEST = 200_000_000  # bytes


@dataclass(frozen=True)
class Picture:
    """One digit to be told.

    Args:
        name: where it comes from, for people.
        pixels: (784,) float32 in [0, 1], in MNIST's form.
        truth: which digit it is, where that is known.
    """

    name: str
    pixels: Array
    truth: str | None = None


def from_words(words: Iterable[str]) -> Iterator[Picture | InputError]:
    """Read files, folders of pictures, globs, and `-` for the standard input; errors begin with the name."""
    for word in words:
        try:
            names = expand(word)
        except (InputError, OSError) as error:
            yield InputError(f"{word}: {reason(error)}")
            continue
        for name in names:
            try:
                yield Picture(name, to_mnist(read_picture(read_bytes(name))))
            except (InputError, OSError) as error:
                yield InputError(f"{'standard input' if name == '-' else name}: {reason(error)}")


def from_test_set(indexes: Sequence[int]) -> Iterator[Picture | InputError]:
    """Images of the test set by their number, from 0; without any the test set need not be there."""
    if not indexes:
        return
    try:
        test = load_split(pipeline_path("processed") / "test.npz")
    except InputError as error:
        yield error
        return
    count = len(test.digits)
    for index in indexes:
        if 0 <= index < count:
            yield Picture(f"test image {index}", test.images[index], str(test.digits[index]))
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
