"""Remove what killed commands have left, what nothing continues, and caches."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.clean`")


import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dnn.base.locks import owned
from dnn.base.temporaries import remove_unfinished, size_of
from stages.project import cli
from stages.project.git import git
from stages.project.paths import top
from stages.training.checkpoints import abandoned, folder

NOT_OURS = (".git", ".dvc", ".venv")
OWNER = re.compile(rb"\d+ \d{4}-\d\d-\d\d ")  # how a lock's file begins
CACHES = ("__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache")


def main() -> None:
    """Remove temporaries and locks of killed commands, checkpoints that no training goes on with, and Python's caches.

    Nothing that is tracked, no data, model or report, and nothing that a process has in use.
    """
    files = [top() / name for name in (git("ls-files", "-z") or "").split("\0")]
    tracked = {path for file in files for path in (file, *file.parents)}
    temporaries, locks, caches = [], [], []
    for place in places(top()):
        temporaries += remove_unfinished(place)
        locks += [removed(path) for path in place.glob(".*.lock") if path not in tracked and unused(path)]
        caches += [removed(place / name) for name in CACHES if (place / name).is_dir() and place / name not in tracked]
    tell("temporaries of killed commands", [size for _, size in temporaries])
    tell("locks of killed commands", locks)
    tell("files of checkpoints by other code or software, which nothing continues", list(map(removed, abandoned())))
    tell("caches", caches)
    if kept := list(folder().glob("[!.]*.npz")):
        print(f"{folder()} keeps {len(kept)} files, which the same training goes on with; remove it to begin anew")


def places(start: Path) -> Iterator[Path]:
    """All folders of the project but those that others keep."""
    for name, folders, _ in os.walk(start):
        folders[:] = [child for child in folders if child not in NOT_OURS]
        yield Path(name)


def unused(lock: Path) -> bool:
    """Whether it is a file of `dnn.base.locks`, and no process has it locked."""
    with suppress(OSError), owned(lock):
        return OWNER.match(lock.read_bytes()) is not None
    return False


def removed(path: Path) -> int:
    """The bytes of a file or folder, which is gone now."""
    size = size_of(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return size


def tell(kind: str, sizes: list[int]) -> None:
    """Print how much of a kind was removed."""
    print(f"removed {len(sizes)} {kind}, {sum(sizes) / 1e6:.1f} MB")


if __name__ == "__main__":
    cli.run(main, "python -m stages.clean")
