"""The measure of doubt: a small network of its own that tells digits from what is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dnn.base.errors import InputError
from dnn.base.files import check_file
from dnn.base.npz import npz_names, read_npz_text, write_npz
from dnn.base.strict_json import lacking
from dnn.base.types import Array
from dnn.formats.model_file import load_single, save_model
from dnn.model import Model
from stages.datasets.centring import SIDE

NONE = 10  # the class of what is no digit, after the digits' own
FOUND = {"at": float, "false_alarms": [float], "kinds": dict, "unseen": list}  # what `fit` found, for the figure
TEXT = 1000  # characters of the reason why there is no measure
SHIFTS = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))  # pixels, over which the answers are averaged


@dataclass(frozen=True)
class Doubt:
    """Whether images are like the digits that a network has learned from.

    Args:
        model: of the digits and NONE.
        threshold: the strangeness above which to doubt.
        about: JSON-ready facts: the data set, and what was measured.
    """

    model: Model
    threshold: float
    about: Mapping[str, Any] = field(default_factory=dict)

    def strangeness(self, X: Array) -> Array:
        """X: (n, SIDE * SIDE) in MNIST's form -> (n,) the mean over small shifts of log P(none) / P(some digit)."""
        images = X.reshape(-1, SIDE, SIDE)
        total = np.zeros(len(images))
        for shift in SHIFTS:
            logits = self.model.logits(np.roll(images, shift, axis=(1, 2)).reshape(len(images), -1))
            total += log_odds(logits)
        return total / len(SHIFTS)

    def doubts(self, X: Array) -> Array:
        """X: (n, SIDE * SIDE) in MNIST's form -> (n,) whether it is unlike any digit."""
        return self.strangeness(X) > self.threshold


def log_odds(logits: Array) -> Array:
    """(n, NONE + 1) -> (n,) log of P(none) / P(some digit)."""
    digits = logits[:, :NONE].astype(np.float64)
    top = digits.max(axis=1)
    return logits[:, NONE] - top - np.log(np.exp(digits - top[:, None]).sum(axis=1))


def save(path: str | Path, doubt: Doubt) -> None:
    """Write a model file that also holds the threshold."""
    about = {**doubt.about, "threshold": doubt.threshold}
    save_model(path, Model(doubt.model.network, doubt.model.classes, about))


def save_reason(path: str | Path, reason: str) -> None:
    """Write, in place of a measure, why there is none."""
    write_npz(path, reason=np.array(reason))


def load(path: str | Path) -> Doubt:
    """Read what `save` wrote.

    Raises:
        InputError: it is missing or damaged, or says why there is no measure.
    """
    check_file(path, "`dvc repro doubt` makes it")
    if "reason" in npz_names(path):
        raise InputError(read_npz_text(path, "reason", TEXT))
    model = load_single(path)
    if (
        any(lacking(model.about, {"threshold": float, "dataset": {"name": str}}))
        or model.network.input_shape != (SIDE, SIDE, 1)
        or len(model.classes) != NONE + 1
    ):
        raise InputError(f"{path} is a model, but no measure of doubt; `dvc repro -f doubt` makes it anew")
    return Doubt(model, model.about["threshold"], model.about)


def found_by(path: str | Path) -> Mapping[str, Any]:
    """Which other things the measure doubts, for a figure: `at`, `false_alarms`, `kinds` and `unseen` of `fit`.

    Raises:
        InputError: as `load`; or the file does not tell.
    """
    about = load(path).about
    if not any(lacking(about, {"found": FOUND})):
        found: Mapping[str, Any] = about["found"]
        shares, kinds = found["false_alarms"], {kind: [float] for kind in found["kinds"]}
        whole = not any(lacking(found["kinds"], kinds)) and {len(row) for row in found["kinds"].values()} == {
            len(shares)
        }
        if whole and found["at"] in shares and min(shares) > 0:
            return found
    raise InputError(f"{path} does not tell what it doubts; `dvc repro -f doubt` makes it anew")
