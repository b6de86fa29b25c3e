"""One file from a web address, with limits to its size and to the time that it takes."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import closing
from http.client import HTTPException, HTTPResponse
from threading import Thread
from typing import Any, TypeVar

from stages.datasets.published import MirrorError

ANSWER_SECONDS = 10.0  # to wait for a mirror's first answer, and for each next piece of a file
PAUSES = (0.5, 2.0)  # seconds before each new try
CHUNK = 1 << 16
WEB = ("http://", "https://")
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; mnist-from-scratch)"}


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https alone."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith(WEB):
            raise urllib.error.HTTPError(
                newurl, code, f"{msg} - Redirection to url '{newurl}' is not allowed", headers, fp
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


HANDLERS: tuple[type[urllib.request.BaseHandler], ...] = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
    Redirects,
)
Progress = Callable[[int, int | None], object]  # called with the bytes received so far, and all, where that is known
T = TypeVar("T")


def download(url: str, accept: Callable[[bytes], T], limit: int, progress: Progress, end: float) -> T:
    """The file at this address as `accept` reads it, with new tries where they may help.

    Args:
        url: http or https.
        accept: raises MirrorError where the file is not the right one.
        limit: bytes at most.
        progress: see `Progress`.
        end: the moment, by `time.monotonic`, at which to give up.

    Raises:
        MirrorError: there is no such file, or another one, or not in time.
    """
    for pause in (*PAUSES, None):
        try:
            return accept(receive(url, limit, progress, end))
        except MirrorError as error:
            if pause is None or not error.again or time.monotonic() + pause > end:
                raise
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def receive(url: str, limit: int, progress: Progress, end: float) -> bytes:
    """One try of `download`."""
    received = bytearray()
    if time.monotonic() > end:
        raise MirrorError("too slow: its time is over")
    with closing(chunks(url)) as pieces:
        for piece, total in pieces:
            received += piece
            if len(received) > limit:
                raise MirrorError(f"it is oversized: more than {limit:,} bytes")
            if time.monotonic() > end:
                raise MirrorError(f"too slow: its time is over after {len(received):,} bytes")
            progress(len(received), total)
    return bytes(received)


def chunks(url: str) -> Generator[tuple[bytes, int | None], None, None]:
    """The content of the file, as it comes, and each time its whole length, where that is known.

    Only a fault of the mirror becomes a MirrorError.
    """
    started = False
    try:
        with open_url(url) as source:
            total = source.length
            while piece := source.read1(CHUNK):
                started = True
                yield piece, total
            if source.length:  # bytes that were promised and did not come
                raise MirrorError(f"it is truncated: {source.length:,} bytes did not come", again=True)
    except urllib.error.HTTPError as error:
        error.close()
        passing = error.code in (408, 429) or error.code >= 500
        missing = error.code in (403, 404, 410)  # 403 is how some stores of files say 404
        raise MirrorError(f"HTTP status {error.code} {error.reason}", again=passing, missing=missing) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, TimeoutError):
            # A mirror that was silent from the start will be so again; the next one is the better choice.
            raise MirrorError(f"no answer within {ANSWER_SECONDS:g} s", again=started) from None
        raise MirrorError(str(reason) or type(reason).__name__, again=True) from None


def open_url(url: str) -> HTTPResponse:
    """Open a web address for reading, or raise TimeoutError.

    urllib's own time limit is one for each address of a host, and there is none for finding the addresses. It would
    follow a redirect to FTP, too, so it gets no more than it needs.
    """
    opener = urllib.request.OpenerDirector()
    for handler in HANDLERS:
        opener.add_handler(handler())
    request = urllib.request.Request(url, headers=HEADERS)  # noqa: S310  only http(s) comes here
    future: Future[HTTPResponse] = Future()

    def work() -> None:
        try:
            future.set_result(opener.open(request, timeout=ANSWER_SECONDS))
        except Exception as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future.result(ANSWER_SECONDS)
