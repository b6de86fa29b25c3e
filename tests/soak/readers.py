"""The readers of files that others may have made, each with valid files to begin with."""

import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dnn.architecture import Architecture
from dnn.ensemble import Ensemble
from dnn.formats.model_file import load_model, save_model
from dnn.layers import BatchNorm, Dense, Dropout, ReLU
from dnn.model import Model
from dnn.network import Network
from dnn.training.callbacks import BestWeights
from dnn.training.checkpoint import Checkpoint, load_checkpoint
from dnn.training.optimizers import make_optimizer
from dnn.training.recipe import Training
from dnn.training.trainer import Trainer
from stages.datasets.idx import idx_bytes
from stages.datasets.own import read_own
from stages.datasets.published import FILES
from stages.datasets.splits import Split, caption, class_names, load_split, save_split
from stages.figures.results import load_predictions
from stages.pictures.sources import things_in
from stages.project.outputs import read_output
from stages.report import METRICS
from stages.training import provenance
from tests.soak.mutations import Mutation, in_bytes, in_gzip, in_json, in_npz, in_png
from tests.trainings import data

Read = Callable[[Path], object]


@dataclass(frozen=True)
class Reader:
    """A reader under attack.

    Args:
        make: fills a folder with valid files, all that it makes are taken as such, and gives how to read each.
        inside: changes such a file so that its checksums agree.
        what: is read, for people.
        share: of the soak test's time, as `tests.soak.rows` has it.
        seconds: of the processor, that reading one may take.
        is_costly: tells an input that takes a thousand times as long as others, of which only some are tried.
    """

    make: Callable[[Path], dict[Path, Read]]
    inside: Mutation
    what: str
    share: float
    seconds: float = 1.0
    is_costly: Callable[[bytes], bool] = lambda _: False


def models(folder: Path) -> dict[Path, Read]:
    """A dense network, a convolutional one with all that has state, and an ensemble."""
    rng = np.random.default_rng(0)
    block = {"residual": {"layers": [{"conv": {"filters": 2, "kernel": 3, "padding": "same"}}, "batchnorm"]}}
    image = [{"conv": {"filters": 2, "kernel": 3}}, "relu", block, {"maxpool": 2}, "layernorm", "flatten"]
    first, second = (
        Model(Architecture(hidden_layers=hidden).network(64, 3, rng), np.array(["a", "b", "c"]), {"dataset": {}})
        for hidden in ([5], image)
    )
    made = {"dense.npz": first, "image.npz": second, "both.npz": Ensemble([first, second], {"loss": 0.5})}
    for name, model in made.items():
        save_model(folder / name, model)
    return dict.fromkeys((folder / name for name in made), ask)


def ask(path: Path) -> None:
    """Read a model, and have its answers."""
    model = load_model(path)
    if (size := prod(model.input_shape)) < 10_000:
        model.predict_proba(np.random.default_rng(0).random((3, size), np.float32))


def training() -> tuple[Trainer, BestWeights]:
    rng = np.random.default_rng(0)
    network = Network([Dense(9), BatchNorm(), ReLU(), Dropout(0.3), Dense(3)], (64,))
    network.initialize(rng)
    recipe = Training(epochs=2, batch_size=16, ema=0.9, learning_rate=0.01)
    return Trainer(network, make_optimizer("adam"), recipe, rng), BestWeights(0)


def checkpoints(folder: Path) -> dict[Path, Read]:
    trainer, best = training()
    path = folder / "checkpoint.npz"
    trainer.fit(*data(100, 1), data(40, 2), [best, Checkpoint(path, best)])

    def resume(path: Path) -> None:
        load_checkpoint(path, trainer, best)
        trainer.rng.random(3)

    return {path: resume}


def splits(folder: Path) -> dict[Path, Read]:
    rng = np.random.default_rng(0)
    digits = rng.integers(0, 3, 20).astype(np.uint8)
    about = {"name": "made up", "fallback": False, "train_images": 20, "test_images": 5, "classes": ["a", "b", "c"]}
    labels = np.eye(3, dtype=np.float32)[digits]
    save_split(folder / "train.npz", Split(rng.random((20, 16), np.float32), labels, digits, about))

    def load(path: Path) -> None:
        split = load_split(path)
        caption(split.dataset)
        assert split.labels.shape[1] == len(class_names(split.dataset))

    return {folder / "train.npz": load}


def idx_files(folder: Path) -> dict[Path, Read]:
    rng = np.random.default_rng(0)
    for name in FILES:
        items = rng.integers(0, 255, (12, 5, 5)) if "images" in name else np.arange(12) % 3
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(items.astype(np.uint8)), mtime=0))
    return {folder / f"{name}.gz": lambda path: read_own(path.parent, ["a", "b", "c"]) for name in FILES}


def json_files(folder: Path) -> dict[Path, Read]:
    software = {"numpy": "2", "blas": {"name": "openblas"}}
    dataset = {"name": "made up", "train_images": 3, "test_images": 2}
    parameters = {"model": {"start_from": ""}, "train": {"epochs": 2}}
    facts = {"seeds": [0], "parameters": parameters, "code": "0" * 64, "software": software}
    facts |= {"data": {"train.npz": "0" * 64}, "dataset": dataset, "weights": 1234, "model": "0" * 64}
    (folder / "provenance.json").write_text(json.dumps(facts))
    (folder / "metrics.json").write_text(json.dumps(dict.fromkeys(METRICS, 0.5)))

    def metrics(path: Path) -> None:
        found = read_output(path, "evaluate", dict.fromkeys(METRICS, float))
        for name in METRICS:
            f"{found[name]:.2%}"

    return {
        folder / "metrics.json": metrics,
        folder / "provenance.json": lambda path: provenance.flatten(provenance.read(path)),
    }


def tables(folder: Path) -> dict[Path, Read]:
    rows = "".join(f"{n},{n % 10},{n % 10},0.{n + 10}\n" for n in range(50))
    (folder / "predictions.csv").write_text(f"index,label,prediction,confidence\n{rows}")
    return {folder / "predictions.csv": lambda path: load_predictions(path, 50, 10)}


def pictures(folder: Path) -> dict[Path, Read]:
    image = Image.new("L", (24, 32), 255)
    ImageDraw.Draw(image).text((5, 2), "5", 0, ImageFont.load_default(size=24))
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA", "ICO"):
        image.convert("RGBA" if kind == "ICO" else "RGB" if kind == "WEBP" else "L").save(folder / f"a.{kind}", kind)
    image.convert("P").save(folder / "palette.PNG", "PNG")
    frames = io.BytesIO()
    image.save(frames, "GIF", save_all=True, append_images=[image.rotate(9, fillcolor=255)], duration=9)
    (folder / "frames.GIF").write_bytes(frames.getvalue())
    return {path: lambda path: things_in(path.read_bytes(), "a", 28, True) for path in sorted(folder.iterdir())}


def has_many_pixels(data: bytes) -> bool:
    """Whether a picture says that it has more than fifty thousand."""
    try:
        width, height = Image.open(io.BytesIO(data)).size
    except Exception:  # decoders meet damage with many kinds of exception
        return False
    return width * height > 50_000


READERS = {
    "model": Reader(models, in_npz, "models", 13),
    "checkpoint": Reader(checkpoints, in_npz, "checkpoints", 14),
    "split": Reader(splits, in_npz, "processed data", 8),
    "idx": Reader(idx_files, in_gzip, "images and labels of one's own", 12),
    "json": Reader(json_files, in_json, "metrics and provenance", 3),
    "table": Reader(tables, in_bytes, "predictions", 2),
    # a million pixels, one of a page's columns, take half of these seconds
    "picture": Reader(pictures, in_png, "pictures", 35, 8.0, has_many_pixels),
}
