"""Bring the four files of a data set, or, where no mirror of MNIST can be reached, digits that are at hand."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.fetch`")


import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from dnn.base.errors import InputError
from dnn.base.files import temporary_folder
from stages.datasets.mirrors import Mirror, located, take_from_any
from stages.datasets.own import read_own
from stages.datasets.published import FILES, PUBLISHED, Published
from stages.datasets.raw import found_beside, install, missing_files
from stages.datasets.small_digits import small_digits_files
from stages.project import cli
from stages.project.params import Data, load
from stages.project.paths import pipeline_path

FETCH_SECONDS = 900.0  # to wait for all files together
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
    """Bring the four IDX files of the data set that params.yaml names, verified, and unpack them.

    MNIST comes from MNIST_MIRROR or its mirrors in params.yaml, under any of its names and in any packing.
    """
    raw, data = raw or pipeline_path("raw"), load(Data)
    raw.mkdir(parents=True, exist_ok=True)
    about: dict[str, Any] = {"name": DIGITS, "fallback": False, "classes": ()}
    if data.dataset in PUBLISHED:
        published = PUBLISHED[data.dataset]
        contents = gather(published, data, raw)
        if contents is None:
            fall_back(published, raw, data)
            contents = small_digits_files()
            about |= {"name": FALLBACK, "fallback": True}
        else:
            about |= {"name": published.name, "classes": published.classes}
    else:
        say_unused(f"data.dataset is {data.dataset}")
        if data.dataset == "idx":
            folder = located(data.folder)
            contents = read_own(folder, data.classes)
            about |= {"name": folder.resolve().name, "classes": data.classes}
        else:
            contents = small_digits_files()
    record = install(contents, raw, about)
    size = sum((raw / name).stat().st_size for name in FILES) / 1e6
    counts = f"{record['train_images']:,} training and {record['test_images']:,} test images"
    print(f"{raw}: {record['name']}, {counts}, {size:.1f} MB")
    if record["fallback"]:
        Console(stderr=True).print(Panel(WARNING, title="This is not MNIST", style="yellow", width=80))


def say_unused(reason: str) -> None:
    """Tell a person who has set MNIST_MIRROR that it has no effect."""
    if os.environ.get("MNIST_MIRROR"):
        print(f"MNIST_MIRROR is set but not used: {reason}", file=sys.stderr)


def gather(published: Published, data: Data, raw: Path) -> dict[str, bytes] | None:
    """The contents of the files that `raw` lacks, from there in another packing, or from the mirrors; None where a file
    is found nowhere.
    """
    missing = missing_files(raw, published)
    contents = found_beside(raw, published, missing)
    missing = [name for name in missing if name not in contents]
    if published is not PUBLISHED["mnist"] or not missing:
        say_unused(f"data.dataset is {data.dataset}" if missing else f"{raw} has the four files of {published.name}")
    console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with (
        temporary_folder(raw / "fetch") as folder,
        Progress(*columns, console=console, disable=not missing) as progress,
    ):
        mirrors, end = [Mirror(address, folder) for address in addresses(data)], time.monotonic() + FETCH_SECONDS
        for name in missing:
            task = progress.add_task(name, total=None)
            content = take_from_any(
                mirrors,
                name,
                published.files[name],
                partial(show, progress, task),
                console.print,
                end,
            )
            if content is None:
                return None
            contents[name] = content
            progress.update(task, total=len(content), completed=len(content))
    return contents


def show(progress: Progress, task: TaskID, received: int, total: int | None) -> None:
    """Move a bar of the terminal to this number of bytes, of so many in all."""
    progress.update(task, completed=received, total=total)


def addresses(data: Data) -> list[str]:
    """The mirrors of the data set in the order in which they are asked."""
    first = os.environ.get("MNIST_MIRROR", "") if data.dataset == "mnist" else ""
    return list(dict.fromkeys(filter(None, [first, *data.mirrors[data.dataset]])))


def fall_back(published: Published, raw: Path, data: Data) -> None:
    """Raise InputError unless other digits may take the place of the data set that no mirror gave."""
    variable = "set MNIST_MIRROR to" if data.dataset == "mnist" else f"put first in data.mirrors.{data.dataset}"
    tried = f"(tried: {', '.join(addresses(data)) or 'none'}); {variable} a folder or a URL that holds them"
    known = len(FILES) - len(missing_files(raw, published))
    if known:
        remedy = ", or remove the files to go on without MNIST" if data.dataset == "mnist" else ""
        raise InputError(f"{raw} has {known} of {published.name}'s 4 files, no mirror gave the others {tried}{remedy}")
    if data.dataset != "mnist":
        raise InputError(
            f"no mirror gave the four files of {published.name} {tried}; or take others with data.dataset: idx"
        )
    if data.fallback == "none":
        raise InputError(
            f"no mirror gave the four files of MNIST, and data.fallback is none {tried}; data.dataset: idx takes others"
        )


if __name__ == "__main__":
    cli.run(main, "python -m stages.fetch data/raw", writes=["raw"])
