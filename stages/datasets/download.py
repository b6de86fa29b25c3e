"""One file of MNIST from one mirror, checked before anyone uses it."""

import hashlib
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from stages.datasets.transport import MirrorError, Patience, chunks


@dataclass(frozen=True)
class File:
    """What a file is known by: its length in bytes and its SHA-256 in hexadecimal digits."""

    size: int
    sha256: str


# The four files as their authors (LeCun, Cortes, Burges) published them.
FILES = {
    "train-images-idx3-ubyte.gz": File(9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    "train-labels-idx1-ubyte.gz": File(28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    "t10k-images-idx3-ubyte.gz": File(1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    "t10k-labels-idx1-ubyte.gz": File(4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
}


def is_known(path: Path, file: File) -> bool:
    """Whether the file is there and is the one that `file` describes."""
    return path.is_file() and path.stat().st_size == file.size and sha256(path) == file.sha256


def sha256(path: Path) -> str:
    """The SHA-256 of the file's content, in hexadecimal digits."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def download(
    mirror: str,
    name: str,
    target: Path,
    patience: Patience | None = None,
    progress: Callable[[int], object] = lambda received: None,
) -> None:
    """Write the file `name` of FILES to `target`. What is at `target` is only to be used if this returns.

    Args:
        mirror: the URL or the path of the folder that holds the file.
        name: the file's name, there and in FILES.
        target: where to write, in a folder of the caller's own.
        patience: how long to wait.
        progress: called with the number of bytes received so far.

    Raises:
        MirrorError: the mirror has no such file, or serves another one, or not in time.
    """
    patience = patience or Patience()
    for pause in (*patience.pauses, None):
        try:
            receive(mirror, name, target, patience, progress)
            return
        except MirrorError as error:
            if pause is None or not error.again:
                raise
            time.sleep(pause)


def receive(mirror: str, name: str, target: Path, patience: Patience, progress: Callable[[int], object]) -> None:
    """One try of `download`."""
    file, received, digest = FILES[name], 0, hashlib.sha256()
    end = time.monotonic() + patience.file
    with target.open("wb") as output, closing(chunks(mirror, name, patience)) as pieces:
        for piece in pieces:
            if not received and piece.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
                raise MirrorError("it serves an HTML page instead")
            received += len(piece)
            if received > file.size:
                raise MirrorError(f"it is oversized: more than {file.size:,} bytes")
            if time.monotonic() > end:
                raise MirrorError(f"too slow: {received:,} of {file.size:,} bytes in {patience.file:g} s")
            digest.update(piece)
            output.write(piece)
            progress(received)
    if received < file.size:
        raise MirrorError(f"it is truncated: {received:,} of {file.size:,} bytes", again=True)
    if digest.hexdigest() != file.sha256:
        raise MirrorError(f"it is wrong: its SHA-256 is {digest.hexdigest()}, it should be {file.sha256}")
