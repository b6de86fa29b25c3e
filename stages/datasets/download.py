"""One file of MNIST from a mirror, a web address or a folder, checked before anyone uses it."""

import hashlib
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import closing
from http.client import HTTPException
from io import BufferedIOBase
from pathlib import Path
from threading import Thread

from stages.datasets.checksums import FILES

ANSWER_SECONDS = 10.0  # to wait for a mirror's first answer, and for each next piece of a file
FILE_SECONDS = 300.0  # to wait for a whole file
PAUSES = (0.5, 2.0)  # seconds before each new try
CHUNK = 1 << 16
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; mnist-from-scratch)"}


class MirrorError(Exception):
    """A mirror did not give the file; the message is the reason, `again` whether a new try may help."""

    def __init__(self, reason: object, again: bool = False) -> None:
        super().__init__(" ".join(str(reason).split()))
        self.again = again


def download_from_any(
    mirrors: list[str], name: str, target: Path, progress: Callable[[int], object], report: Callable[[str], object]
) -> bool:
    """Write the file `name` of FILES to `target` from the first mirror that gives it; whether one did.

    A mirror that does not is reported and goes to the end of `mirrors`: the other files need not wait for it, but may
    still come from it.

    Args:
        mirrors: URLs or paths of folders that hold the file.
        name: the file's name, there and in FILES.
        target: where to write, in a folder of the caller's own. The file there is only to be used if one was found.
        progress: called with the number of bytes received so far.
        report: called with one line for each mirror that failed.
    """
    for mirror in list(mirrors):
        try:
            download(mirror, name, target, progress)
            return True
        except MirrorError as error:
            report(f"{mirror}: {name}: {error}")
            mirrors.append(mirrors.pop(mirrors.index(mirror)))
    return False


def download(mirror: str, name: str, target: Path, progress: Callable[[int], object]) -> None:
    """Write the file from this mirror, with new tries where they may help.

    Raises:
        MirrorError: the mirror has no such file, or serves another one, or not in time.
    """
    for pause in (*PAUSES, None):
        try:
            receive(mirror, name, target, progress)
            return
        except MirrorError as error:
            if pause is None or not error.again:
                raise
            time.sleep(pause)


def receive(mirror: str, name: str, target: Path, progress: Callable[[int], object]) -> None:
    """One try of `download`."""
    file, received, digest = FILES[name], 0, hashlib.sha256()
    end = time.monotonic() + FILE_SECONDS
    with target.open("wb") as output, closing(chunks(mirror, name)) as pieces:
        for piece in pieces:
            if not received and piece.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
                raise MirrorError("it serves an HTML page instead")
            received += len(piece)
            if received > file.size:
                raise MirrorError(f"it is oversized: more than {file.size:,} bytes")
            if time.monotonic() > end:
                raise MirrorError(f"too slow: {received:,} of {file.size:,} bytes in {FILE_SECONDS:g} s")
            digest.update(piece)
            output.write(piece)
            progress(received)
    if received < file.size:
        raise MirrorError(f"it is truncated: {received:,} of {file.size:,} bytes", again=True)
    if digest.hexdigest() != file.sha256:
        raise MirrorError(f"it is wrong: its SHA-256 is {digest.hexdigest()}, it should be {file.sha256}")


def chunks(mirror: str, name: str) -> Generator[bytes, None, None]:
    """The content of the file, as it comes. Only a fault of the mirror becomes a MirrorError."""
    is_url = mirror.lower().startswith(("http://", "https://"))
    started = False
    try:
        with open_url(f"{mirror.rstrip('/')}/{name}") if is_url else open_file(mirror, name) as source:
            while piece := source.read1(CHUNK):
                started = True
                yield piece
    except urllib.error.HTTPError as error:
        error.close()
        passing = error.code in (408, 429) or error.code >= 500
        raise MirrorError(f"HTTP status {error.code} {error.reason}", again=passing) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, TimeoutError):
            # A mirror that was silent from the start will be so again; the next one is the better choice.
            raise MirrorError(f"no answer within {ANSWER_SECONDS:g} s", again=started) from None
        raise MirrorError(str(reason) or type(reason).__name__, again=is_url) from None


def open_url(url: str) -> BufferedIOBase:
    """Open a web address for reading, or raise TimeoutError.

    urllib's own time limit is one for each address of a host, and there is none for finding the addresses.
    """
    request = urllib.request.Request(url, headers=HEADERS)  # noqa: S310  only http(s) comes here
    future: Future[BufferedIOBase] = Future()

    def work() -> None:
        try:
            future.set_result(urllib.request.urlopen(request, timeout=ANSWER_SECONDS))  # noqa: S310
        except Exception as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future.result(ANSWER_SECONDS)


def open_file(folder: str, name: str) -> BufferedIOBase:
    """Open a file of a folder; a relative one counts from the real project, also in a temporary experiment of DVC."""
    path = Path(os.environ.get("DVC_ROOT", "")) / Path(folder).expanduser()
    if not path.is_dir():
        raise MirrorError("there is no such folder")
    if not (path / name).is_file():
        raise MirrorError("there is no such file in this folder")
    return (path / name).open("rb")
