"""The four files of MNIST, and how to know them."""

from dataclasses import dataclass
from pathlib import Path

from dnn.base.files import sha256


@dataclass(frozen=True)
class File:
    """A file's length in bytes and its SHA-256 in hexadecimal digits."""

    size: int
    sha256: str


# As their authors (LeCun, Cortes, Burges) published them.
FILES = {
    "train-images-idx3-ubyte.gz": File(9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    "train-labels-idx1-ubyte.gz": File(28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    "t10k-images-idx3-ubyte.gz": File(1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    "t10k-labels-idx1-ubyte.gz": File(4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
}


def missing_files(folder: Path) -> list[str]:
    """Names of the files that the folder lacks, or holds with another content."""
    return [
        name
        for name, file in FILES.items()
        if not ((path := folder / name).is_file() and path.stat().st_size == file.size and sha256(path) == file.sha256)
    ]
