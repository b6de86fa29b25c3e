"""Mirrors of a data set's four files: folders, archives and web addresses, in whatever packing they have them."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stages.datasets.download import Progress, download
from stages.datasets.packings import ARCHIVES, SLACK, nothing_there, offers, spellings, verified
from stages.datasets.published import File, MirrorError

ARCHIVE_SIZE = 200_000_000  # bytes of an archive at most
FOLDERS = ("", "MNIST/raw/")  # of a web address: the second as torchvision has it


@dataclass
class Mirror:
    """A place that may have the files.

    Args:
        address: a URL, or the path of a folder, a zip or Keras's mnist.npz; a relative one counts from the real
            project, also in a temporary experiment of DVC.
        folder: for archives from the web.
    """

    address: str
    folder: Path
    archives: dict[str, Path | MirrorError] = field(init=False, default_factory=dict)

    def content(self, name: str, file: File, progress: Progress) -> bytes:
        """The content of the file of this name, verified.

        Raises:
            MirrorError: it is not there, or only another one.
        """
        if not self.address.lower().startswith(("http://", "https://")):
            place = located(self.address)
            if not place.exists():
                raise MirrorError("there is no such folder")
            return local_content(place, name, file)
        base = self.address.rstrip("/")
        if base.lower().endswith((".zip", ".npz")):
            return local_content(self.archive(base, progress), name, file)
        reason: MirrorError | None = None
        for path in (f"{folder}{spelling}" for folder in FOLDERS for spelling in spellings(name)):
            try:
                return download(f"{base}/{path}", lambda packed: verified(packed, file), file.size + SLACK, progress)
            except MirrorError as error:
                if not error.missing:
                    raise
                reason = reason or error
        for archive in ARCHIVES:
            try:
                return local_content(self.archive(f"{base}/{archive}", progress), name, file)
            except MirrorError as error:
                if not error.missing:
                    raise
        assert reason is not None
        raise reason

    def archive(self, url: str, progress: Progress) -> Path:
        """The archive at this address, downloaded once; raises MirrorError."""
        if url not in self.archives:
            path = self.folder / url.rpartition("/")[2]
            try:
                path.write_bytes(download(url, lambda packed: packed, ARCHIVE_SIZE, progress))
                self.archives[url] = path
            except MirrorError as error:
                self.archives[url] = error
        found = self.archives[url]
        if isinstance(found, MirrorError):
            raise found
        return found


def located(address: str) -> Path:
    """The path of a folder that a person named; a relative one counts from the real project."""
    return Path(os.environ.get("DVC_ROOT", "")) / Path(address).expanduser()


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
    mirrors: list[Mirror], name: str, file: File, progress: Progress, report: Callable[[str], object]
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
    """
    for mirror in list(mirrors):
        try:
            return mirror.content(name, file, progress)
        except MirrorError as error:
            report(f"{mirror.address}: {name}: {error}")
            mirrors.append(mirrors.pop(mirrors.index(mirror)))
    return None
