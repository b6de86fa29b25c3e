"""Disks that are full or read-only: a command says so in one line, and what was there stays."""

import random
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.soak.events import read_only
from tests.soak.process import Process
from tests.soak.project import EXTRA, HALFWAY, STAGES, copied, difference, outputs, remove, state, warm

COMMANDS = [command for command in (*STAGES, *EXTRA) if outputs(command)]


def full(project: Path) -> Iterator[str]:
    """No file may grow beyond some size: from nothing to a byte less than the largest that the command writes."""
    cases = []
    for command in COMMANDS:
        sizes = {path.stat().st_size for name in outputs(command) for path in below(project / name) if path.is_file()}
        limits = {0, *(size - 1 for size in sizes if size), *(size // 2 for size in sizes)}
        cases += [
            (command, f"of {limit} bytes", lambda folder, limit=limit: lambda: limited(limit)) for limit in limits
        ]
    yield from tried(project, cases, 3)


def limited(most: int) -> None:
    """From now on writing more into a file fails, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def refusing(project: Path) -> Iterator[str]:
    """Each folder that a command writes into is on a read-only disk."""
    cases = []
    for command in COMMANDS:
        folders = {(project / name).parent for name in outputs(command)}
        folders |= {path for name in outputs(command) for path in below(project / name) if path.is_dir()}
        for place in sorted(folder.relative_to(project) for folder in folders):
            cases.append((command, f"with {place} read-only", lambda folder, place=place: read_only(folder / place)))
    yield from tried(project, cases, 4)


def below(path: Path) -> list[Path]:
    """The path, and all that is in it."""
    return [path, *path.rglob("*")]


Case = tuple[str, str, Callable[[Path], Callable[[], None]]]


def tried(project: Path, cases: list[Case], seed: int) -> Iterator[str]:
    """What came of each command in its trouble, and of its next run without."""
    warm()
    wanted = state(project)
    random.Random(seed).shuffle(cases)
    for command, what, prepare in cases:
        with copied(project) as folder:
            if command == "train":
                remove(folder, command)
            process = Process(folder, command, prepare(folder)).end()
            trouble = "" if process.refused() or not process.status else process.trouble()
            if command != "train":
                trouble = trouble or difference(kept(state(folder)), kept(wanted))
            trouble = trouble or Process(folder, command).end().trouble() or difference(state(folder), wanted)
            yield f"{command} {what}: {trouble}" if trouble else ""


def kept(found: dict[str, bytes]) -> dict[str, bytes]:
    """What a command that fails must leave as it was."""
    return {name: content for name, content in found.items() if not name.startswith(HALFWAY)}
