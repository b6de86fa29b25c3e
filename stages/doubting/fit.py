"""The training of the measure of doubt, and what it finds at which price."""

from typing import Any

import numpy as np

from dnn.architecture import Architecture
from dnn.base.blas import blas_threads
from dnn.base.types import Array
from dnn.batches.augmentation import Augmentation
from dnn.batches.labels import one_hot
from dnn.model import Model
from dnn.training.recipe import Training
from dnn.training.train import train as train_whole
from dnn.training.trainer import Trainer
from stages.datasets.centring import SIDE
from stages.datasets.small_digits import load_small_digits
from stages.datasets.splits import Split
from stages.doubting import doodles, pens, spoiled, things
from stages.doubting.detector import NONE, Doubt

SEED = 0
FALSE_ALARMS = 0.004  # share of the digits that may be doubted
IMAGES = 45_000  # of the training images; the others help to choose the threshold, for which 5,000 are few
THINGS = {  # for each image
    "letters": 0.7,
    "accents": 0.08,
    "doodles": 0.5,
    "scribbles": 0.12,
    "mixtures": 0.1,
    "flipped": 0.07,
    "crossed_out": 0.04,
    "cut": 0.03,
    "punched": 0.02,
    "solids": 0.04,
    "noise": 0.02,
}
UNSEEN = ("other_alphabets",)  # kinds to measure with that are no part of the training
UNTOUCHED = 360  # of the small digits, the last, to measure false alarms with
DRAWN = 0.1  # digits by the pens that draw the letters, for each image
LAYERS = (
    *({"conv": {"filters": 24, "kernel": 5, "stride": 2, "padding": "same"}}, "batchnorm", "relu"),
    *({"conv": {"filters": 48, "kernel": 3, "stride": 2, "padding": "same"}}, "batchnorm", "relu", "flatten", 128),
)
RECIPE: dict[str, Any] = {
    "epochs": 5,
    "optimizer": "adam",
    "learning_rate": 0.003,
    "schedule": "cosine",
    "augmentation": Augmentation(rotation=8, scale=0.1, shear=0.1, shift=1, elastic=0.5),
    "threads": 2,  # of a network with convolutions, which change no byte
}


def fit(train: Split, val: Split) -> Doubt:
    """Learn to tell digits from other things, and choose the threshold by digits that were no part of that: the
    validation images, and training images where there are more than `IMAGES`.
    """
    rng = np.random.default_rng(SEED)
    rows = rng.permutation(len(train.images))
    X, y = examples(train, rows[:IMAGES], rng)
    network = Architecture(hidden_layers=LAYERS, initializer="auto").network(SIDE**2, NONE + 1, rng)
    model = Model(network, np.arange(NONE + 1))
    with blas_threads(1):  # another number of threads gives other bytes
        train_whole(Trainer.of(network, Training(**RECIPE), rng), X, one_hot(y, NONE + 1))
        digits = np.concatenate([val.images, train.images[rows[IMAGES:]]])
        familiar = Doubt(model, 0.0).strangeness(digits)
        threshold = float(np.ceil(1000 * np.quantile(familiar, 1 - FALSE_ALARMS, method="higher")) / 1000)
        about = {"dataset": train.dataset, "found": found(Doubt(model, threshold), val, familiar)}
    return Doubt(model, threshold, about)


def examples(train: Split, rows: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Images, (n, SIDE * SIDE), and which digit they are or NONE: those rows of the training set, by other pens, and
    things.

    To those of MNIST come most of the small digits, as they are what digits in pictures of few pixels look like.
    """
    images, labels = train.images.reshape(-1, SIDE, SIDE), train.digits
    counts = {kind: round(share * len(rows)) for kind, share in THINGS.items()}
    strange = [of_kind(kind, count, rng, images, labels) for kind, count in counts.items()]
    drawn, drawn_labels = things.digits(round(DRAWN * len(rows)), rng)
    digits, y = [images[rows], drawn], [labels[rows], drawn_labels]
    if train.dataset["name"] == "MNIST":
        small, small_labels = load_small_digits()
        digits.append(np.repeat(small[:-UNTOUCHED] / np.float32(255), 4, axis=0))
        y.append(np.repeat(small_labels[:-UNTOUCHED], 4))
    X = pens.by_other_pens(np.concatenate([*digits, *strange]), rng)
    y.append(np.full(len(X) - sum(map(len, y)), NONE))
    return X.reshape(len(X), -1), np.concatenate(y).astype(int)


def of_kind(kind: str, count: int, rng: np.random.Generator, images: Array, labels: Array) -> Array:
    """Things by the name of the function that draws them, some from digits: (count, SIDE, SIDE)."""
    if kind in ("mixtures", "flipped", "crossed_out", "cut", "punched"):
        return np.asarray(getattr(spoiled, kind)(count, rng, images, labels))
    room = doodles if kind == "doodles" else things
    return np.asarray(getattr(room, kind)(count, rng))


def found(doubt: Doubt, val: Split, familiar: Array) -> dict[str, Any]:
    """Shares of things of each kind that are found at shares of digits that are doubted, of which `familiar` is the
    strangeness. All are drawn anew; the other alphabets were never seen.
    """
    rng, count = np.random.default_rng(SEED + 1), min(1000, len(val.images))
    shares = np.unique([FALSE_ALARMS, *np.geomspace(5 / len(familiar), 1, 50).round(5)])
    thresholds = np.quantile(familiar, 1 - shares, method="higher")
    by_kind = {}
    for kind in (*THINGS, *UNSEEN):
        drawn = of_kind(kind, count, rng, val.images.reshape(-1, SIDE, SIDE), val.digits)
        strangeness = doubt.strangeness(pens.by_other_pens(drawn, rng).reshape(count, -1))
        by_kind[kind] = [round(float((strangeness > threshold).mean()), 3) for threshold in thresholds]
    return {"false_alarms": shares.tolist(), "at": FALSE_ALARMS, "kinds": by_kind, "unseen": list(UNSEEN)}
