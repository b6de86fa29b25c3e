"""Bring the four files of MNIST, or, where no mirror can be reached, digits that are at hand."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.fetch`")


import json
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from dnn.base.errors import InputError
from dnn.base.files import sha256, write_text
from stages.datasets.checksums import FILES, missing_files
from stages.datasets.download import download_from_any
from stages.datasets.idx import count
from stages.datasets.small_digits import write_small_digits
from stages.project import cli
from stages.project.params import Data, load
from stages.project.paths import pipeline_path

RECORD = "dataset.json"
MNIST = "MNIST"
DIGITS = "scikit-learn digits"
FALLBACK = "scikit-learn digits (fallback)"
WARNING = """\
No mirror gave the four files of MNIST, so these are [bold]not MNIST[/bold] but the 1,797 digits that ship inside \
scikit-learn. Every score from here on is a score on those, and says so.

To get MNIST: set MNIST_MIRROR to a folder or a URL that holds the four files, or connect to the network; then run \
[bold]make repro[/bold]. To stop here instead: data.fallback: none in params.yaml."""


def main(
    raw: Annotated[Path | None, typer.Argument(help="Folder for the files, by default the one of dvc.yaml")] = None,
) -> None:
    """Bring the four files of MNIST, verified by SHA-256, from MNIST_MIRROR or the mirrors in params.yaml."""
    raw, data = raw or pipeline_path("raw"), load(Data)
    mirrors = list(dict.fromkeys(filter(None, [os.environ.get("MNIST_MIRROR", ""), *data.mirrors])))
    raw.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=raw, prefix=".fetch-") as name:
        folder = Path(name)
        if data.dataset == "mnist" and gather(mirrors, raw, folder):
            dataset = MNIST
        else:
            dataset = DIGITS if data.dataset == "digits" else fall_back(raw, mirrors, data.fallback)
            write_small_digits(folder)
        record = install(folder, raw, dataset)
    size = sum((raw / name).stat().st_size for name in FILES) / 1e6
    counts = f"{record['train_images']:,} training and {record['test_images']:,} test images"
    print(f"{raw}: {dataset}, {counts}, {size:.1f} MB")
    if dataset == FALLBACK:
        Console(stderr=True).print(Panel(WARNING, title="This is not MNIST", style="yellow", width=80))


def gather(mirrors: list[str], raw: Path, folder: Path) -> bool:
    """Download what `raw` lacks of MNIST to `folder`; whether all is there."""
    missing, mirrors = missing_files(raw), list(mirrors)
    console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not missing) as progress:

        def bring(name: str) -> bool:
            task = progress.add_task(name, total=FILES[name].size)
            return download_from_any(
                mirrors, name, folder / name, lambda received: progress.update(task, completed=received), console.print
            )

        return all(map(bring, missing))


def fall_back(raw: Path, mirrors: list[str], fallback: str) -> str:
    """The data set that takes MNIST's place.

    Raises:
        InputError: none does, or some files of MNIST are there already.
    """
    tried = f"(tried: {', '.join(mirrors)}); set MNIST_MIRROR to a folder or a URL that holds them"
    known = len(FILES) - len(missing_files(raw))
    if known:
        raise InputError(
            f"{raw} has {known} of MNIST's 4 files, no mirror gave the others {tried}, "
            "or remove the files to go on without MNIST"
        )
    if fallback == "none":
        raise InputError(f"no mirror gave the four files of MNIST, and data.fallback is none {tried}")
    return FALLBACK


def install(folder: Path, raw: Path, dataset: str) -> dict[str, Any]:
    """Move the files from `folder` to `raw` and give the content of dataset.json.

    It vouches for the four files, so it goes first and comes last: they are never taken for a whole when they are not.
    """
    (raw / RECORD).unlink(missing_ok=True)
    for file in folder.iterdir():
        file.replace(raw / file.name)
    record = {
        "name": dataset,
        "fallback": dataset == FALLBACK,
        "train_images": count(raw / "train-labels-idx1-ubyte.gz"),
        "test_images": count(raw / "t10k-labels-idx1-ubyte.gz"),
        "sha256": {name: sha256(raw / name) for name in FILES},
    }
    write_text(raw / RECORD, json.dumps(record, indent=2) + "\n")
    return record


if __name__ == "__main__":
    cli.run(main, "python -m stages.fetch data/raw")
