"""Rows of the benchmark that augment, predict, start up, use memory and grow."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from PIL import Image
from scipy import ndimage

from dnn.batches.augmentation import Augmentation, Distorter
from dnn.formats.model_file import load_single
from dnn.formats.onnx import export_onnx
from tests.benchmarks import networks
from tests.benchmarks.clock import Row, alone, race, seconds
from tests.benchmarks.training import run_ours

RANGES = Augmentation(rotation=10, scale=0.1, shear=0.1, shift=1, elastic=0.6, elastic_sigma=4)
SIDE, BATCH = 28, 128
HEAVY = ("matplotlib", "pandas", "sklearn", "dvc")

Answer = Callable[[np.ndarray], np.ndarray]


def scipy_distort(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same kind of distortion with scipy.ndimage, image by image."""
    out = np.empty_like(images)
    grid = np.stack(np.meshgrid(np.arange(28), np.arange(28), indexing="ij")).astype(np.float32) - 13.5
    for image, target in zip(images, out, strict=True):
        turn = np.deg2rad(rng.uniform(-10, 10))
        affine = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        affine = affine @ np.array([[1, 0], [rng.uniform(-0.1, 0.1), 1]]) / (1 + rng.uniform(-0.1, 0.1, (2, 1)))
        points = np.tensordot(affine, grid, 1) + 13.5 + rng.uniform(-1, 1, (2, 1, 1))
        for axis in range(2):
            points[axis] += 0.6 * 14 * ndimage.gaussian_filter(rng.standard_normal((28, 28)), 4)
        ndimage.map_coordinates(image.reshape(28, 28), points, order=1, output=target.reshape(28, 28))
    return out


def augmentation(X: np.ndarray, y: np.ndarray, repeats: int) -> Iterator[Row]:
    """Distorting an epoch against training it; an image against scipy.ndimage, on the same points."""
    distorter = Distorter(RANGES, SIDE, np.random.default_rng(0))
    points = distorter.coordinates(16)
    distorter._resampling.set(points)
    distorted = distorter._resampling.matrices[0] @ X[0]
    theirs = ndimage.map_coordinates(X[0].reshape(SIDE, SIDE), points[:, 0].reshape(2, SIDE, SIDE), order=1)
    # beyond the border ndimage reads 0 at once, ours fades out over a pixel: digits keep away from it
    if np.abs(distorted - theirs.ravel()).max() > 1e-4:
        raise SystemExit("error: our distortion and scipy.ndimage's differ")

    yield race(
        "augmenting an epoch, against training it",
        0.5, partial(run_distorter, X, len(X) // BATCH),
        {"the default network": partial(run_ours, networks.dense(networks.SMALL), BATCH, X, y, 1)}, repeats,
    )  # fmt: skip
    few = X[: 2 * BATCH]
    yield race(
        "augmenting an image",
        1 / 20, partial(run_distorter, few, len(few)), {"scipy.ndimage": partial(run_scipy, few)}, repeats,
    )  # fmt: skip


def run_distorter(X: np.ndarray, parts: int) -> Callable[[], float]:
    """Seconds of a part of the distortion of X."""
    distorter = Distorter(RANGES, SIDE, np.random.default_rng(0))

    def epoch() -> None:
        for start in range(0, len(X), BATCH):
            distorter(X[start : start + BATCH])

    return lambda: seconds(epoch) / parts


def run_scipy(X: np.ndarray) -> Callable[[], float]:
    rng = np.random.default_rng(0)
    return lambda: seconds(lambda: scipy_distort(X, rng)) / len(X)


def ours(model_file: Path) -> Answer:
    return load_single(model_file).predict_proba


def with_torch(model_file: Path) -> Answer:
    torch.set_num_threads(2)
    model = load_single(model_file)
    net = networks.torch_copy(model.network).eval()

    def answer(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return torch.softmax(net(torch.from_numpy(images)) / model.temperature, 1).numpy()

    return answer


def with_onnx(model_file: Path) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        export_onnx(Path(folder) / "model.onnx", load_single(model_file))
        session = onnxruntime.InferenceSession(Path(folder) / "model.onnx", providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"images": images})[0]


def run_prediction(make: Callable[[Path], Answer], model_file: Path, parts: list[np.ndarray]) -> Callable[[], float]:
    """Seconds an answer."""
    answer = make(model_file)
    return lambda: seconds(lambda: [answer(part) for part in parts]) / len(parts)


def prediction(model_file: Path, X: np.ndarray, repeats: int) -> Iterator[Row]:
    """All test images at once, and one at a time in a warm process."""
    expected = ours(model_file)(X)
    for make in (with_torch, with_onnx):
        if np.abs(make(model_file)(X) - expected).max() > 1e-4:
            raise SystemExit("error: probabilities differ between ours and a peer")
    for work, goal, parts in (
        (f"prediction, {len(X):,} images at once", 0.8, [X] * 5),
        ("prediction, one image, warm", 1.5, [X[k : k + 1] for k in range(1000)]),
    ):
        peers = {"ONNX Runtime": with_onnx} | ({"PyTorch": with_torch} if goal < 1 else {})
        rivals = {name: partial(run_prediction, make, model_file, parts) for name, make in peers.items()}
        yield race(work, goal, partial(run_prediction, ours, model_file, parts), rivals, repeats)


def cold(model_file: Path, image: np.ndarray, repeats: int) -> Row:
    """The command from start to answer, with a check of what it imports."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        Image.fromarray(np.uint8(255 * (1 - image.reshape(28, 28)))).save(picture)
        command = [sys.executable, "-m", "stages.predict", str(picture), "--model", str(model_file)]
        listing = subprocess.run([sys.executable, "-X", "importtime", *command[1:]], capture_output=True, text=True)
        loaded = {line.rpartition("|")[2].strip() for line in listing.stderr.splitlines() if "|" in line}
        if found := [name for name in HEAVY if name in loaded]:
            raise SystemExit(f"error: predict imports {', '.join(found)}")

        def run() -> float:
            return seconds(lambda: subprocess.run(command, check=True, capture_output=True))

        return alone("python -m stages.predict digit.png, cold", 0.5, [run() for _ in range(repeats + 1)][1:], "s")


CHILD = """
import json, sys, time
from pathlib import Path
import numpy as np
from dnn.batches.augmentation import Augmentation
from dnn.classifier import DeepNeuralNetwork
from stages.datasets.splits import load_split
count, epochs = int(sys.argv[2]), int(sys.argv[3])
split = load_split(Path(sys.argv[1]))
X, y = split.images, split.digits
if count:
    X, y = np.empty((count, X.shape[1]), X.dtype), np.empty(count, y.dtype)
    for start in range(0, count, len(split.images)):
        n = min(len(split.images), count - start)
        X[start : start + n], y[start : start + n] = split.images[:n], split.digits[:n]
network = DeepNeuralNetwork(epochs=epochs, learning_rate=0.003, optimizer="adam", schedule="cosine",
    augmentation=None if count else Augmentation(10, 0.1, 0.1, 1, 0.6, 4), random_state=0)
start = time.perf_counter()
network.train(X, y)
seconds = (time.perf_counter() - start) / epochs
# the peak of this program: ru_maxrss would begin with that of the one that started it
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([seconds, int(peak) * 1024, X.nbytes]))
"""
FEW, MANY = 60_000, 480_000


def child(train: Path, count: int, epochs: int) -> tuple[float, float, float]:
    """Train in a process of its own, on so many images (0: as they are, augmented).

    Returns:
        Seconds an epoch, peak memory and size of the images in bytes.
    """
    command = [sys.executable, "-c", CHILD, str(train), str(count), str(epochs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    duration, peak, size = json.loads(done.stdout.splitlines()[-1])
    return duration, peak, size


def memory(train: Path, repeats: int) -> Row:
    """Peak memory of default training, two epochs of it, against the array of its images."""
    ratios = [peak / size for _, peak, size in (child(train, 0, 2) for _ in range(repeats))]
    return alone("peak memory of default training, in training arrays", 2.5, ratios, "x")


def linear(train: Path, repeats: int) -> Iterator[Row]:
    """An epoch of many images against as many times one of few, in time and in memory beyond the images."""
    runs = [(child(train, FEW, 4), child(train, MANY, 1)) for _ in range(repeats)]
    times = [(few[0] * MANY / FEW, many[0]) for few, many in runs]
    beyond = [tuple((peak - size) / 1e6 for _, peak, size in pair) for pair in runs]
    for work, pairs, unit in (
        (f"epoch of {MANY:,} images, against {MANY // FEW} of {FEW:,}", times, "s"),
        (f"memory beyond the images, {MANY:,} against {FEW:,}", beyond, "MB"),
    ):
        few, many = np.median(pairs, axis=0)
        ratios = [b / a for a, b in pairs]
        yield Row(work, many, few, f"{FEW:,} images", many / few, 1.1, [min(ratios), max(ratios)], unit, {})


def pipeline(repeats: int) -> Row:
    """Everything from the raw files to the report, in a clone of the repository."""
    environment = dict(os.environ)
    if mirror := environment.get("MNIST_MIRROR"):
        environment["MNIST_MIRROR"] = str(Path(mirror).resolve())

    def run(folder: str) -> None:
        subprocess.run(["dvc", "repro"], cwd=folder, env=environment, check=True, capture_output=True)

    times = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "clone", "--quiet", ".", folder], check=True)
            times.append(seconds(lambda folder=folder: run(folder)))
    return alone("dvc repro of everything", 90, times, "s")
