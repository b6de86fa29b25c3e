"""The bytes of a file at a mirror, a web address or a folder, as they come."""

import os
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from http.client import HTTPException
from io import BufferedIOBase
from pathlib import Path
from threading import Thread
from typing import TypeVar

CHUNK = 1 << 16
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; mnist-from-scratch)"}


@dataclass(frozen=True)
class Patience:
    """How long to wait for a mirror, in seconds.

    Args:
        answer: for its first answer, and for each next piece of a file.
        file: for a whole file.
        pauses: before each new try.
    """

    answer: float = 10.0
    file: float = 300.0
    pauses: tuple[float, ...] = (0.5, 2.0)


class MirrorError(Exception):
    """A mirror did not give the file; the message is the reason, `again` whether a new try may help."""

    def __init__(self, reason: object, again: bool = False) -> None:
        super().__init__(" ".join(str(reason).split()))
        self.again = again


def chunks(mirror: str, name: str, patience: Patience) -> Generator[bytes, None, None]:
    """The content of the file, as it comes. Only what goes wrong at the mirror becomes a MirrorError."""
    started = False
    try:
        with open_file(mirror, name, patience.answer) as source:
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
            raise MirrorError(f"no answer within {patience.answer:g} s", again=started) from None
        raise MirrorError(str(reason) or type(reason).__name__, again=is_url(mirror)) from None


def open_file(mirror: str, name: str, seconds: float) -> BufferedIOBase:
    """The file at the mirror, opened for reading."""
    if is_url(mirror):
        request = urllib.request.Request(f"{mirror.rstrip('/')}/{name}", headers=HEADERS)  # noqa: S310  is_url: http(s)
        return within(seconds, lambda: urllib.request.urlopen(request, timeout=seconds))  # noqa: S310
    # A stage of a temporary experiment runs elsewhere; a relative folder counts from the real project.
    folder = Path(os.environ.get("DVC_ROOT", "")) / Path(mirror).expanduser()
    if not folder.is_dir():
        raise MirrorError("there is no such folder")
    if not (folder / name).is_file():
        raise MirrorError("there is no such file in this folder")
    return (folder / name).open("rb")


def is_url(mirror: str) -> bool:
    """Whether the mirror is a web address; otherwise it is a folder."""
    return mirror.lower().startswith(("http://", "https://"))


T = TypeVar("T")


def within(seconds: float, action: Callable[[], T]) -> T:
    """What `action` returns, or TimeoutError.

    urllib's own time limit is one for each address of a host, and there is none for finding the addresses.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(action())
        except Exception as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future.result(seconds)
