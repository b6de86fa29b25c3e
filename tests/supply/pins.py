"""The packages that make installs, as the requirements files pin them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

WHAT_FOR = {
    "requirements.txt": "make setup",
    "requirements-cpu.txt": "make torch, builds for CPUs",
    "requirements-bench.txt": "make torch, the registry's builds",
    "requirements-audit.txt": "make audit",
}


@dataclass(frozen=True)
class Pin:
    """A version of a package, where it is wanted (a PEP 508 marker, or nothing), and the hashes its files may have."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def pins(file: str) -> Iterator[Pin]:
    """The pins of a requirements file; ValueError where one has no exact version."""
    for line in Path(file).read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        asked, *hashes = line.split(" --hash=")
        package = Requirement(asked)
        version = str(package.specifier).removeprefix("==")
        if not re.fullmatch(r"[\w.!+]+", version):
            raise ValueError(f"{file}: {asked.strip()} has no exact version")
        marker = str(package.marker or "")
        yield Pin(canonicalize_name(package.name), version, marker, tuple(entry.strip() for entry in hashes))
