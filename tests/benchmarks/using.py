"""Rows of the benchmark that predict."""

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

from dnn.formats.model_file import load_single
from dnn.formats.onnx import export_onnx
from tests.benchmarks.clock import Row, alone, race, seconds
from tests.benchmarks.setting import THREADS, Setting
from tests.benchmarks.with_torch import torch_copy

HEAVY = ("matplotlib", "pandas", "sklearn", "dvc")

Answer = Callable[[np.ndarray], np.ndarray]


def ours(model_file: Path) -> Answer:
    return load_single(model_file).predict_proba


def with_torch(model_file: Path) -> Answer:
    torch.set_num_threads(THREADS)
    model = load_single(model_file)
    net = torch_copy(model.network).eval()

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


def prediction(setting: Setting) -> Iterator[Row]:
    """All test images at once, and one at a time in a warm process."""
    X, file = setting.test.images, setting.model
    expected = ours(file)(X)
    for make in (with_torch, with_onnx):
        if np.abs(make(file)(X) - expected).max() > 1e-4:
            raise SystemExit("error: probabilities differ between ours and a peer")
    for work, goal, parts in (
        (f"prediction, {len(X):,} images at once", 0.9, [X] * 5),
        ("prediction, one image, warm", 1.5, [X[k : k + 1] for k in range(min(1000, len(X)))]),
    ):
        peers = {"ONNX Runtime": with_onnx} | ({"PyTorch": with_torch} if goal < 1 else {})
        rivals = {name: partial(run_prediction, make, file, parts) for name, make in peers.items()}
        yield race(work, goal, partial(run_prediction, ours, file, parts), rivals, setting.repeats)


def cold(setting: Setting) -> Iterator[Row]:
    """The command from start to answer, with a check of what it imports."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        Image.fromarray(np.uint8(255 * (1 - setting.test.images[0].reshape(28, 28)))).save(picture)
        command = [sys.executable, "-m", "stages.predict", str(picture), "--model", str(setting.model)]
        listing = subprocess.run([sys.executable, "-X", "importtime", *command[1:]], capture_output=True, text=True)
        loaded = {line.rpartition("|")[2].strip() for line in listing.stderr.splitlines() if "|" in line}
        if found := [name for name in HEAVY if name in loaded]:
            raise SystemExit(f"error: predict imports {', '.join(found)}")

        def run() -> float:
            return seconds(lambda: subprocess.run(command, check=True, capture_output=True))

        yield alone(
            "python -m stages.predict digit.png, cold", 0.5, [run() for _ in range(setting.repeats + 1)][1:], "s"
        )
