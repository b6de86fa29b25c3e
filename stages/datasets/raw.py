"""The folder of the four IDX files, unpacked, and of dataset.json, which says what they are and vouches for them."""

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError
from dnn.base.files import replacing, sha256
from dnn.base.strict_json import read_json
from stages.datasets.idx import parse_idx
from stages.datasets.packings import Offer, beginning, offers, verified
from stages.datasets.published import FILES, PUBLISHED, SIZES, MirrorError, Published

RECORD = "dataset.json"
LARGEST = max(SIZES)


def read_record(raw: Path) -> dict[str, Any]:
    """The facts in dataset.json; without one that can be read, none."""
    try:
        return read_json(raw / RECORD, {"sha256": dict}, "it is written anew")
    except (OSError, InputError):
        return {}


def missing_files(raw: Path, published: Published) -> list[str]:
    """The names of the files of this data set that the folder lacks, or holds with another content."""
    record = read_record(raw)
    vouched = record["sha256"] if record.get("name") == published.name else {}
    return [
        name
        for name, file in published.files.items()
        if not (
            (path := raw / name).is_file()
            and path.stat().st_size == file.size
            and sha256(path) == (file.sha256 or vouched.get(name))
        )
    ]


def found_beside(raw: Path, published: Published, names: Collection[str]) -> dict[str, bytes]:
    """The contents of those of the files that lie in the folder under another name or in another packing.

    Raises:
        InputError: a file in the folder has the name of a data set's file, but is none that is known.
    """
    found: dict[str, bytes] = {}
    others: list[tuple[Offer, str]] = []
    for offer in offers(raw):
        try:
            content = verified(offer.read(LARGEST), published.files[offer.name])
            if offer.name in names:
                found.setdefault(offer.name, content)
        except MirrorError as error:
            others.append((offer, str(error)))
    for offer, reason in others:
        # not where it lies unpacked beside the .gz that verifies it
        if offer.name not in found or offer.read(LARGEST) != found[offer.name]:
            check_known(raw, offer, reason)
    return found


def check_known(raw: Path, offer: Offer, reason: str) -> None:
    """Raise InputError where the file was not written by fetch and is of no published data set."""
    packed = offer.read(LARGEST)
    if hashlib.sha256(packed).hexdigest() in read_record(raw).get("sha256", {}).values():
        return
    for published in PUBLISHED.values():
        try:
            verified(packed, published.files[offer.name])
            return
        except MirrorError:
            continue
    raise InputError(
        f"{offer.place} is none of the files that fetch brings ({reason}) and stays as it is; move it out of {raw}, "
        "and to train on it set data.dataset: idx and data.folder to its new folder"
    )


def install(contents: Mapping[str, bytes], raw: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the files that are not there yet and dataset.json, whose content it gives.

    All are written before any takes its name, so that a full disk leaves what was there. dataset.json vouches for the
    four files, so the old one goes before them and the new one comes after: they are never taken for a whole when they
    are not. Files under other names that it vouched for before, as an earlier version wrote them, go with it.

    Args:
        contents: of the files that are to be there, by their names.
        raw: the folder.
        about: the data set's `name`, whether it is a `fallback`, and the names of its `classes` unless it has digits.

    Raises:
        InputError: a file that is none of fetch's own stands in the way.
    """
    new = {name: content for name, content in contents.items() if not same(raw / name, content)}
    for name in new:
        if (raw / name).exists():
            check_known(raw, Offer(name, str(raw / name), partial(beginning, raw / name)), "its content is another")
    whole = {name: contents[name] if name in contents else (raw / name).read_bytes() for name in FILES}
    record = {
        "name": about["name"],
        "fallback": about["fallback"],
        "train_images": len(parse_idx(whole["train-labels-idx1-ubyte"], 0)),
        "test_images": len(parse_idx(whole["t10k-labels-idx1-ubyte"], 0)),
        **({"classes": list(about["classes"])} if about["classes"] else {}),
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in whole.items()},
    }
    before = read_record(raw).get("sha256", {})
    with replacing(raw / RECORD) as temporary:
        temporary.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        with ExitStack() as files:
            for name, content in new.items():
                files.enter_context(replacing(raw / name)).write_bytes(content)
            if new:
                (raw / RECORD).unlink(missing_ok=True)
        for name, digest in before.items():
            path = raw / name
            if name not in FILES and path.parent == raw and path.is_file() and sha256(path) == digest:
                path.unlink()
    return record


def same(path: Path, content: bytes) -> bool:
    """Whether the file is there with this content."""
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
