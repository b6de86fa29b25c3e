"""A small project, of 240 images and two epochs, and its state before and after what is done to it."""

import csv
import gzip
import importlib
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stages.datasets.idx import idx_bytes
from stages.datasets.small_digits import load_small_digits
from stages.figures import catalogue, style
from stages.project.edit import apply
from tests.soak.process import Process
from tests.test_every_network import COMMANDS, PATHS

ROOT = Path.cwd()
FEW = "data/idx/few"
SETTINGS = {
    "data.dataset": "idx",
    "data.folder": FEW,
    "data.classes": [f"digit {n}" for n in range(10)],
    "preprocess.validation_size": 60,
    "model.hidden_layers": [16],
    "train.epochs": 2,
    "train.batch_size": 32,
    "train.dynamics": True,
}
FIGURES = 3  # of the catalogue
LATE = (
    "dvc.api",
    "dvc.scm",
    "dvclive.dvc",
    "jinja2",
    "matplotlib.backends.backend_agg",
    "mpl_toolkits.axes_grid1",
    "onnx",
)
STAGES = tuple(COMMANDS["stages"])
EXTRA = {  # commands around the pipeline, and what they write
    "predict --index 1 --figure out/answer.png": ["out/answer.png"],
    "export --onnx out/model.onnx --safetensors out/model.safetensors": ["out/model.onnx", "out/model.safetensors"],
    "finder out/rates.png --steps 20": ["out/rates.png"],
    "seeds --seeds 2 --workers 1 --table out/seeds.csv": ["out/seeds.csv"],
    "verify": [],
}
# Of these no run repeats the bytes: machine, time and seconds, and what is DVC's.
VOLATILE = (f"{PATHS['runs']}/", PATHS["page"], ".dvc/")
TIMES = "seconds", "ended"  # columns of the table of seeds in which no two runs agree
HALFWAY = (*VOLATILE, f"{PATHS['trained']}/", ".checkpoints/")  # what a training may leave unfinished


def make(folder: Path) -> None:
    """The project after each of its stages."""
    for name in ("params.yaml", "dvc.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    images, labels = load_small_digits()
    (folder / FEW).mkdir(parents=True)
    for part, rows in ("train", slice(240)), ("t10k", slice(240, 300)):
        (folder / FEW / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images[rows]), mtime=0))
        (folder / FEW / f"{part}-labels-idx1-ubyte").write_bytes(idx_bytes(labels[rows].astype("u1")))
    apply(SETTINGS, folder / "params.yaml")
    warm()
    for command in (*STAGES, *(command for command in EXTRA if outputs(command))):
        if said := Process(folder, command).end().trouble():
            raise RuntimeError(f"{command}: {said}")


def warm() -> None:
    """Import all there is, and what that imports when it is called, so that no process that is forked need do it; leave
    few of the pipeline's figures, which are all written in the same way.
    """
    for path in sorted([*ROOT.glob("dnn/**/[!_]*.py"), *ROOT.glob("stages/**/[!_]*.py")]):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for name in LATE:
        importlib.import_module(name)
    for name in list(catalogue.CATALOGUE)[FIGURES:]:
        del catalogue.CATALOGUE[name]
    figure = style.new_figure(2, 2, "caption", "title")
    figure.subplots().plot([1, 2])
    style.png(figure)  # which looks for fonts


@contextmanager
def copied(project: Path) -> Iterator[Path]:
    """A copy of the project that may be spoilt."""
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name:
        yield Path(shutil.copytree(project, Path(name, "project"))).resolve()


def state(folder: Path) -> dict[str, bytes]:
    """The content of all files but those that no run repeats, and the folders."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            found[f"{name}/"] = b""
        elif path.name == "seeds.csv":
            found[name] = without_times(path.read_bytes())
        else:
            found[name] = path.read_bytes()
    return {name: content for name, content in found.items() if not name.startswith(VOLATILE)}


def without_times(table: bytes) -> bytes:
    """The table of seeds without the columns that tell when and how long it was made."""
    rows = csv.DictReader(io.StringIO(table.decode()))
    return json.dumps([{name: value for name, value in row.items() if name not in TIMES} for row in rows]).encode()


def difference(found: dict[str, bytes], wanted: dict[str, bytes]) -> str:
    """In what two states differ; empty if in nothing."""
    more, less = sorted(found.keys() - wanted.keys()), sorted(wanted.keys() - found.keys())
    other = sorted(name for name in found.keys() & wanted.keys() if found[name] != wanted[name])
    told = {"too many": more, "missing": less, "of other bytes": other}
    return "; ".join(f"{what}: {', '.join(names[:5])}" for what, names in told.items() if names)


def outputs(command: str) -> list[str]:
    """The files and folders that a command writes."""
    if command in EXTRA:
        return EXTRA[command]
    stage = COMMANDS["stages"][command]
    names = [next(iter(out)) if isinstance(out, dict) else out for out in stage["outs"] + stage.get("metrics", [])]
    return [name.replace("${path.", "{").format(**PATHS) for name in names]


def remove(folder: Path, command: str) -> None:
    """Remove what a command writes."""
    for name in outputs(command):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
