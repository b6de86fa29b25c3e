"""The page on which one draws a digit: a trained network, and all that asks it, in one HTML file."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isqrt, prod
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.files import read_text
from dnn.base.types import Array
from dnn.ensemble import Ensemble
from dnn.layers import Layer
from dnn.model import Predictor
from stages.datasets.splits import COUNTED, caption, class_names, class_words
from stages.display.pages import write_page
from stages.doubting.detector import Doubt

PARTS = Path(__file__).with_name("templates") / "draw"
SCRIPTS = ("layers", "model", "form", "ink", "marks", "reading", "sheet", "page")  # each uses those before it


@dataclass(frozen=True)
class Sample:
    """An image of the test set: its number there, its pixels, (side * side,) in [0, 1], and the name of its class."""

    index: int
    pixels: Array
    truth: str


@dataclass
class Numbers:
    """The weights of a page, one after the other."""

    arrays: list[Array] = field(default_factory=list)
    size: int = 0

    def place(self, values: Array) -> list[int]:
        """Append an array; answer where it starts and its length."""
        start, self.size = self.size, self.size + values.size
        self.arrays.append(values)
        return [start, values.size]

    def text(self) -> str:
        """All of them, as base64 of little-endian float32, which JavaScript reads on every processor of today."""
        return in_base64(np.concatenate([array.ravel() for array in self.arrays]).astype("<f4"))


def write_draw_page(
    path: Path,
    model: Predictor,
    data: dict[str, Any],
    shifts: int = 0,
    samples: Sequence[tuple[str, Sequence[Sample]]] = (),
    doubt: Doubt | None = None,
) -> None:
    """Write the page.

    Args:
        path: of the file.
        model: of square grey images.
        data: the facts about the data set that it learned; none where its file is silent, and it has digits.
        shifts: pixels; above 0 each answer is the mean over moves, as `dnn.shifts.Shifted` gives it.
        samples: images to step through, in groups with a name.
        doubt: the measure of doubt, 1.7 MB; None leaves it out.
    """
    word, side = class_words(data)[0], isqrt(prod(model.input_shape))
    named = class_names(data) if "classes" in data else [str(label) for label in model.classes]
    script = "".join(read_text(PARTS / f"{name}.js") for name in SCRIPTS)
    style = read_text(PARTS / "draw.css")
    groups = [(f"samples{number}", name, images) for number, (name, images) in enumerate(samples) if images]
    write_page(
        path,
        "draw.html",
        title="Draw a digit" if word == "digit" else "Draw something",
        word=word,
        side=side,
        layers=", ".join(layer.kind for layer in model.networks[0].layers),
        networks=len(model.networks),
        weights=f"{model.parameter_count:,}",
        temperature=f"{model.temperature:.3g}",
        learned=caption(data) if set(COUNTED) <= set(data) else "",
        shifts=shifts,
        with_doubt=doubt is not None,
        samples=[(key, name) for key, name, _ in groups],
        script=script,
        script_hash=sha256(script),
        style=style,
        style_hash=sha256(style),
        data={
            "model": numbered(model) | {"shifts": shifts, "side": side},
            "doubt": numbered(doubt.model) | {"threshold": doubt.threshold} if doubt else None,
            "labels": named,
            "word": word,
            "digits": word == "digit",
            "samples": [{"id": key, "images": list(map(embedded, images))} for key, _, images in groups],
        },
    )


def numbered(model: Predictor) -> dict[str, Any]:
    """The layers of a model, each with where its arrays stand among the model's numbers."""
    numbers = Numbers()
    return described(model, numbers) | {"numbers": numbers.text()}


def described(model: Predictor, numbers: Numbers) -> dict[str, Any]:
    if isinstance(model, Ensemble):
        members = [described(member, numbers) for member in model.members]
        return {"members": members, "temperature": model.temperature}
    network = model.networks[0]
    layers = [layer_of(layer, numbers) for layer in network.layers]
    return {"layers": layers, "shape": list(network.input_shape), "temperature": model.temperature}


def layer_of(layer: Layer, numbers: Numbers) -> dict[str, Any]:
    """The layer's config, and its arrays by name."""
    config = layer.config() | {"arrays": {}}
    if layer.inner():
        for name in ("layers", "shortcut"):
            config[name] = [layer_of(inner, numbers) for inner in getattr(layer, name)]
    else:
        config["arrays"] = {name: numbers.place(values) for name, values in (layer.parameters | layer.state).items()}
    return config


def embedded(sample: Sample) -> dict[str, Any]:
    levels = np.round(sample.pixels * 255).astype(np.uint8)
    return {"index": sample.index, "truth": sample.truth, "pixels": in_base64(levels)}


def in_base64(values: Array) -> str:
    return base64.b64encode(values.tobytes()).decode()


def sha256(text: str) -> str:
    """The hash by which a Content-Security-Policy knows a script: https://www.w3.org/TR/CSP3, section 2.3.1."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
