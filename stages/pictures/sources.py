"""Files, folders, globs and numbers of test images -> pictures in the data set's form, or why there is none."""

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dnn.base.errors import InputError, unquoted
from dnn.base.files import NAME
from dnn.base.types import Array
from stages.datasets.centring import SIDE
from stages.datasets.splits import DIGITS, class_names, load_split
from stages.pictures.digits import Digits, look
from stages.pictures.formats import SUFFIXES, frames
from stages.pictures.square import to_square
from stages.project.paths import pipeline_path

LARGEST = 200_000_000  # bytes


@dataclass(frozen=True)
class Picture:
    """One digit, or one thing of another class, to be told.

    Args:
        name: where it comes from, for people.
        pixels: (side * side,) float32 in [0, 1]; of a digit in MNIST's form.
        truth: name of its class, where that is known.
        place: its number among the digits of one picture, in reading order, from 1.
        of: how many they are.
        row: in which row it stands, from 1.
        left_out: smaller things in the picture that are no digits, such as signs and small print.
    """

    name: str
    pixels: Array
    truth: str | None = None
    place: int = 1
    of: int = 1
    row: int = 1
    left_out: int = 0


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
            yield InputError(f"{unquoted(word)}: {reason(error)}")
            continue
        for name in names:
            title = "standard input" if name == "-" else name
            try:
                yield from things_in(read_bytes(name), title, side, digits)
            except (InputError, OSError) as error:
                yield InputError(f"{title if len(title) <= NAME else unquoted(title)}: {reason(error)}")


def things_in(data: bytes, name: str, side: int, digits: bool) -> list[Picture]:
    """The things to be told in the first frame or page that holds any; InputError where none does."""
    first = None
    for part, image in frames(data):
        try:
            seen = look(image) if digits else Digits([[to_square(image, side)]])
        except InputError as error:
            first = first or error
            continue
        title = f"{name}, {part}" if part else name
        things = [(row, pixels) for row, images in enumerate(seen.rows, 1) for pixels in images]
        return [
            Picture(title, pixels, None, k, len(things), row, seen.left_out)
            for k, (row, pixels) in enumerate(things, 1)
        ]
    raise first or InputError("nothing in it")


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
    if "://" in word and not path.exists():
        raise InputError("a web address; download the picture first")
    if path.is_dir():
        names = sorted(str(file) for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
        if not names:
            raise InputError("no pictures in this folder")
        return names
    if glob.has_magic(word) and not path.exists():
        # Folders that are there are no pattern, even where their names have brackets.
        folder = next((parent for parent in path.parents if parent.is_dir()), Path())
        found = glob.glob(str(path.relative_to(folder)), root_dir=folder, recursive=True)  # noqa: PTH207 (Path.glob goes another way about hidden files)
        names = sorted(str(folder / name) for name in found if (folder / name).is_file())
        if not names:
            raise InputError("no file matches")
        return names
    return [word]


def is_among(file: Path, words: Iterable[str]) -> bool:
    """Whether the file is one of those that the words stand for."""
    for word in words:
        with suppress(InputError, OSError):  # which reading them tells
            if any(file.samefile(name) for name in expand(word)):
                return True
    return False


def read_bytes(name: str) -> bytes:
    """The whole content of the file, or of the standard input."""
    if name == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise InputError("it is closed; name a file")
        data = sys.stdin.buffer.read(LARGEST + 1)
    else:
        with open(name, "rb", opener=without_waiting) as file:
            data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(f"larger than {LARGEST // 1_000_000} MB")
    return data


def without_waiting(name: str, flags: int) -> int:
    """Open a file; of a pipe into which no one writes there is nothing, for which no one need wait."""
    handle = os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(handle, True)
    return handle


def reason(error: InputError | OSError) -> str:
    """The message of an error, without the name of the file."""
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
