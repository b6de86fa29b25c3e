"""Mirrors of a data set's four files: folders, archives and web addresses, in whatever packing they have them."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from dnn.base.errors import escaped, reason, unquoted
from dnn.base.files import naming_file
from stages.datasets.download import WEB, Progress, download
from stages.datasets.packings import ARCHIVES, SLACK, nothing_there, offers, spellings, verified
from stages.datasets.published import LONGEST, File, MirrorError

ARCHIVE_SIZE = 200_000_000  # bytes of an archive at most
FOLDERS = ("", "MNIST/raw/")  # of a web address: the second as torchvision has it


@dataclass
class Mirror:
    """A place that may have the files.

    Args:
        address: a URL, or the path of a folder, a zip or Keras's mnist.npz; a relative one counts from the real
            project, also in a temporary experiment of DVC.
        folder: for archives from the web.
        end: the moment, by `time.monotonic`, at which to give up whatever comes from the web.
    """

    address: str
    folder: Path
    end: float = inf
    archives: dict[str, Path | MirrorError] = field(init=False, default_factory=dict)

    def content(self, name: str, file: File, progress: Progress) -> bytes:
        """The content of the file of this name, verified.

        Raises:
            MirrorError: it is not there, or only another one.
        """
        if not self.address.lower().startswith(WEB):
            if "://" in self.address:
                raise MirrorError("only http, https and folders are read")
            place = located(self.address)
            try:
                place.stat()
            except (OSError, ValueError) as error:  # ValueError: a zero byte, or half of a character
                missing = isinstance(error, ValueError | FileNotFoundError | NotADirectoryError)
                raise MirrorError("there is no such folder" if missing else reason(error)) from None
            return local_content(place, name, file)
        base = self.address.rstrip("/")
        if base.lower().endswith((".zip", ".npz")):
            return local_content(self.archive(base, progress), name, file)
        first: MirrorError | None = None
        for path in (f"{folder}{spelling}" for folder in FOLDERS for spelling in spellings(name)):
            try:
                return download(
                    f"{base}/{path}", lambda packed: verified(packed, file), file.size + SLACK, progress, self.end
                )
            except MirrorError as error:
                if not error.missing:
                    raise
                first = first or error
        for archive in ARCHIVES:
            try:
                return local_content(self.archive(f"{base}/{archive}", progress), name, file)
            except MirrorError as error:
                if not error.missing:
                    raise
        assert first is not None
        raise first

    def archive(self, url: str, progress: Progress) -> Path:
        """The archive at this address, downloaded once; raises MirrorError."""
        if url not in self.archives:
            path = self.folder / url.rpartition("/")[2]
            try:
                content = download(url, lambda packed: packed, ARCHIVE_SIZE, progress, self.end)
                with naming_file(path):
                    path.write_bytes(content)
                self.archives[url] = path
            except MirrorError as error:
                self.archives[url] = error
        found = self.archives[url]
        if isinstance(found, MirrorError):
            raise found
        return found


def located(address: str) -> Path:
    """The path of a folder that a person named; a relative one counts from the real project."""
    path = Path(address)
    with suppress(RuntimeError):  # there is no such user
        path = path.expanduser()
    return Path(os.environ.get("DVC_ROOT", "")) / path


def local_content(place: Path, name: str, file: File) -> bytes:
    """The content of the file of this name in a folder or an archive, verified; raises MirrorError."""
    reasons = []
    for offer in offers(place):
        if offer.name == name:
            try:
                return verified(offer.read(file.size), file)
            except (MirrorError, OSError) as error:
                reasons.append(f"{offer.place}: {error}")
    raise MirrorError("; ".join(reasons) or nothing_there(place))


def take_from_any(
    mirrors: list[Mirror], name: str, file: File, progress: Progress, report: Callable[[str], object], end: float = inf
) -> bytes | None:
    """The content of the file from the first mirror that gives it, None where none does.

    A mirror that does not is reported and goes to the end of `mirrors`: the other files need not wait for it, but may
    still come from it.

    Args:
        mirrors: to be asked in this order.
        name: one of `FILES`.
        file: how to know it.
        progress: see `stages.datasets.download.Progress`.
        report: called with one line for each mirror that failed.
        end: the moment, by `time.monotonic`, at which all mirrors have had their time. Each that is asked has an equal
            share of what is left, so that a slow one leaves enough to the next.
    """
    for number, mirror in enumerate(list(mirrors)):
        now = time.monotonic()
        mirror.end = now + (end - now) / (len(mirrors) - number)
        try:
            return mirror.content(name, file, progress)
        except MirrorError as error:
            address = mirror.address if len(mirror.address) < LONGEST else unquoted(mirror.address)
            report(escaped(f"{address}: {name}: {error}"))
            mirrors.append(mirrors.pop(mirrors.index(mirror)))
    return None
