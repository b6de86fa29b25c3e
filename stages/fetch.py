"""Stage: bring the four files of MNIST, or, where no mirror can be reached, digits that are at hand."""

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
from dnn.base.files import write_text
from stages.datasets.download import FILES, download, is_known, sha256
from stages.datasets.transport import MirrorError
from stages.project.cli import run
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
    raw: Annotated[
        Path | None, typer.Argument(help="Folder for the four files and dataset.json; if omitted, dvc.yaml's.")
    ] = None,
    retry_fallback: Annotated[
        bool, typer.Option("--retry-fallback", help="Only make DVC run this stage again, if it had to fall back.")
    ] = False,
) -> None:
    """Bring the four files of MNIST, verified by SHA-256, from MNIST_MIRROR or the mirrors in params.yaml."""
    raw = raw or pipeline_path("raw")
    if retry_fallback:
        forget_fallback(raw)
        return
    from stages.project.params import Data, load  # like NumPy and scikit-learn too slow for --retry-fallback

    data = load(Data)
    mirrors = list(dict.fromkeys(filter(None, [os.environ.get("MNIST_MIRROR", ""), *data.mirrors])))
    raw.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=raw, prefix=".fetch-") as name:
        folder = Path(name)
        if data.dataset == "digits":
            dataset = DIGITS
        elif gather(mirrors, raw, folder):
            dataset = MNIST
        elif known := [name for name, file in FILES.items() if is_known(raw / name, file)]:
            raise InputError(
                f"{raw} has {len(known)} of MNIST's 4 files, no mirror gave the others (tried: {', '.join(mirrors)}); "
                "set MNIST_MIRROR to a folder or a URL that holds them, or remove the files to go on without MNIST"
            )
        elif data.fallback == "digits":
            dataset = FALLBACK
        else:
            raise InputError(
                f"no mirror gave the four files of MNIST, and data.fallback is none (tried: {', '.join(mirrors)}); "
                "set MNIST_MIRROR to a folder or a URL that holds them"
            )
        if dataset != MNIST:
            from stages.datasets.small_digits import write_digits  # imports scikit-learn

            write_digits(folder)
        record = install(folder, raw, dataset)
    size = sum((raw / name).stat().st_size for name in FILES) / 1e6
    counts = f"{record['train_images']:,} training and {record['test_images']:,} test images"
    print(f"{raw}: {dataset}, {counts}, {size:.1f} MB")
    if dataset == FALLBACK:
        Console(stderr=True).print(Panel(WARNING, title="This is not MNIST", style="yellow", width=80))


def gather(mirrors: list[str], raw: Path, folder: Path) -> bool:
    """Download what `raw` lacks of MNIST to `folder`; whether all is there."""
    missing = [name for name, file in FILES.items() if not is_known(raw / name, file)]
    console = Console(stderr=True, soft_wrap=True, markup=False, highlight=False)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    order = list(mirrors)
    with Progress(*columns, console=console, disable=not missing) as progress:
        return all(download_from_any(order, name, folder / name, progress) for name in missing)


def download_from_any(order: list[str], name: str, target: Path, progress: Progress) -> bool:
    """Download one file from the first mirror that gives it; whether one did.

    A mirror that does not is reported and goes to the end of `order`: the other files need not wait for it, but may
    still come from it.
    """
    task = progress.add_task(name, total=FILES[name].size)
    for mirror in list(order):
        try:
            download(mirror, name, target, progress=lambda received: progress.update(task, completed=received))
            return True
        except MirrorError as error:
            progress.console.print(f"{mirror}: {name}: {error}")
            order.append(order.pop(order.index(mirror)))
    return False


def install(folder: Path, raw: Path, dataset: str) -> dict[str, Any]:
    """Move the files from `folder` to `raw` and give what dataset.json says.

    It vouches for the four files, so it goes first and comes last: they are never taken for a whole when they are not.
    """
    from stages.datasets.idx import count

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


def forget_fallback(raw: Path) -> None:
    """Remove dataset.json if it speaks of the fallback, so that DVC misses an output and runs this stage again."""
    try:
        record: Any = json.loads((raw / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return
    if isinstance(record, dict) and record.get("fallback"):
        (raw / RECORD).unlink()


if __name__ == "__main__":
    run(main)
