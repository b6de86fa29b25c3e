"""The model that is asked about pictures, and its measure of doubt."""

import sys
from math import isqrt, prod
from pathlib import Path
from typing import Any

from dnn.base.errors import InputError
from dnn.base.files import THERE, check_file
from dnn.formats.model_file import load_model
from dnn.model import Predictor
from stages.datasets.centring import SIDE
from stages.datasets.splits import class_names
from stages.display.bars import printable
from stages.doubting.detector import Doubt
from stages.doubting.detector import load as load_doubt
from stages.project import params
from stages.project.paths import pipeline_path, top


def load(path: Path) -> Predictor:
    """Read the model and see that it takes the pixels of a square picture."""
    check_file(path, "run `make repro`, which trains a model" if path == pipeline_path("model") else THERE)
    model = load_model(path)
    if "threshold" in model.about:
        raise InputError(f"{path} is the measure of doubt, which tells no digits; leave --model out, or give another")
    shape, names = model.input_shape, class_names(dataset_of(model), str(path))
    pixels = prod(shape)
    if pixels != isqrt(pixels) ** 2 or ("classes" not in dataset_of(model) and pixels != SIDE**2):
        raise InputError(f"{path} takes inputs of shape {shape}, a picture has {SIDE**2} pixels; give another --model")
    if len(names) != len(model.classes) and "classes" in dataset_of(model):
        raise InputError(f"{path} tells {len(model.classes)} classes, but has {len(names)} names; give another --model")
    return model


def asked_shifts(model: Path | None) -> int:
    """Pixels by which the answers of the pipeline's model are averaged, as it was measured; 0 for another model."""
    return 0 if model or not (top() / "params.yaml").exists() else params.load(params.Evaluate).shifts


def dataset_of(model: Predictor) -> dict[str, Any]:
    """The facts in the model's file about the data set that it learned; none where it is silent, and has digits."""
    about = model.about.get("dataset")
    return about if isinstance(about, dict) else {}


def doubt_for(model: Predictor) -> Doubt | None:
    """The measure of doubt of the model's data set; None, after a note, where there is none."""
    name = dataset_of(model).get("name")
    try:
        path = pipeline_path("doubt")
        doubt = load_doubt(path)
        learned = doubt.about["dataset"]["name"]
        if name in (None, learned):
            return doubt
        reason = f"{path} is of {learned}, the model learned {name}"
    except InputError as error:
        reason = str(error)
    print(f"note: nothing is doubted: {printable(reason, sys.stderr.encoding)}", file=sys.stderr)
    return None
