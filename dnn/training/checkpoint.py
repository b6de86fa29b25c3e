"""A training on disk, so that one that was cut short goes on to the same bytes.

A `.npz` file: `header`, a JSON text, and the vectors of the network, the optimizer, the weights' average and the best
epoch. It is read without pickle, and written whole or not at all: a training may be killed at any moment.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from dnn.base.errors import InputError, reason, shown
from dnn.base.kinds import finite, flag, whole
from dnn.base.npz import npz_layout, read_npz, read_npz_text, write_npz
from dnn.base.options import declared
from dnn.base.seeds import check_state
from dnn.base.strict_json import parse_json
from dnn.base.types import Array
from dnn.training.callbacks import BestWeights
from dnn.training.trainer import Trainer

FORMAT = 2
HEADER = 1 << 26  # characters, of which a row of the history has some hundreds
SCORES, VALIDATION = ("learning_rate", "train_loss", "train_accuracy"), ("val_loss", "val_accuracy")


@dataclass
class Checkpoint:
    """A callback that saves all that the training needs to go on, except the data.

    It belongs behind those that change `best` or stop the training.

    Args:
        path: of the file, which is replaced each time.
        best: the callback that keeps the best weights, if there is one.
    """

    path: str | Path
    best: BestWeights | None = None

    def __call__(self, trainer: Trainer) -> None:
        best, arrays = self.best, vectors(trainer)
        header = {
            "format": FORMAT,
            "setting": setting(trainer, best),
            "history": trainer.history,
            "stop": trainer.stop,
            "rng": trainer.rng.bit_generator.state,
            "optimizer": counters(trainer),
            "average": [trainer.average.steps, trainer.average.shown] if trainer.average else [0, False],
            "best": [best.epoch, best.loss] if best and best.epoch else [0, 0],  # JSON has no infinity
        }
        if best and best.params is not None and best.state is not None:
            arrays |= {"best_params": best.params, "best_state": best.state}
        write_npz(self.path, header=np.array(to_json(header)), **arrays)


def load_checkpoint(path: str | Path, trainer: Trainer, best: BestWeights | None = None) -> None:
    """Bring a new trainer, and `best`, to where the training was when `Checkpoint` wrote the file.

    Args:
        path: of the file.
        trainer, best: made as for the training that the file is of.

    Raises:
        InputError: it is missing, no checkpoint, or one of another training; nothing has changed then.
        DamagedError: it is torn; the same.
    """
    text = read_npz_text(path, "header", HEADER)
    places = vectors(trainer)
    try:
        header = parse_json(text, {})
    except InputError as error:
        raise InputError(f"{path} is damaged or no checkpoint: its header {error}; remove it to start anew") from None
    try:
        if header["format"] != FORMAT:
            raise InputError(f"{path} has format {shown(header['format'])}, this version reads {FORMAT}; remove it")
        compare(path, dict(header["setting"]), setting(trainer, best))
        history, stop = checked_history(header["history"]), flag(header["stop"])
        counted = {name: counted_up(header["optimizer"][name], type(now)) for name, now in counters(trainer).items()}
        average = counted_up(header["average"][0]), flag(header["average"][1])
        best_epoch, best_loss = counted_up(header["best"][0], most=len(history)), header["best"][1]
        if best and best_epoch:
            best_loss = finite(best_loss)
        if best and best_epoch and best.keeps:
            places |= {f"best_{name}": np.empty_like(places[name]) for name in ("params", "state")}
        for (name, place), (shape, dtype) in zip(places.items(), npz_layout(path, *places), strict=True):
            if shape != place.shape or dtype != place.dtype:
                raise ValueError(f"{name} is {shown(shape)} {dtype}, needed is {place.shape} {place.dtype}")
        arrays = read_npz(path, *places)
        for name, array in zip(places, arrays, strict=True):
            if not name.startswith("optimizer_") and not np.isfinite(array).all():  # whose squares may overflow
                raise ValueError(f"{name} has numbers that are not finite")
        generator = trainer.rng.bit_generator
        check_state(generator, header["rng"])
    except InputError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(f"{path} is damaged or no checkpoint ({reason(error)}); remove it to start anew") from None
    generator.state = header["rng"]
    for place, array in zip(places.values(), arrays, strict=True):
        place[...] = array
    for name, value in counted.items():
        setattr(trainer.optimizer, name, value)
    trainer.history[:], trainer.stop = history, stop
    if best and best_epoch:
        best.epoch, best.loss = best_epoch, best_loss
        best.params, best.state = places.get("best_params"), places.get("best_state")
    if trainer.average:
        trainer.average.steps, trainer.average.shown = average


def checked_history(rows: Any) -> list[dict[str, Any]]:
    """The rows as `Trainer` made them: numbered from 1, each with the same finite numbers; others raise."""
    history = [dict(row) for row in rows]
    names = SCORES if not history or "val_loss" not in history[0] else SCORES + VALIDATION
    for number, row in enumerate(history, start=1):
        if row["epoch"] != number or tuple(row) != ("epoch", *names) or not all(isfinite(row[name]) for name in names):
            raise ValueError(f"row {number} of the history is {shown(row)}")
    return history


def counted_up(value: Any, kind: Any = int, most: float = 10**15) -> Any:
    """A number of at least 0, of that kind; others raise."""
    number = whole(value) if kind is int else finite(value)
    if not 0 <= number <= most:
        raise ValueError(f"{shown(value)} is out of range")
    return number


def vectors(trainer: Trainer) -> dict[str, Array]:
    """The arrays that training changes, by their names in the file."""
    network, optimizer, average = trainer.network, trainer.optimizer, trainer.average
    optimizer.prepare(network.params)
    arrays = {"params": network.params, "state": network.state}
    arrays |= {f"optimizer_{name}": vector for name, vector in optimizer.state.items()}
    if average:
        arrays |= {"average_params": average.params, "average_state": average.state}
    return arrays


def counters(trainer: Trainer) -> dict[str, Any]:
    """The numbers that the optimizer keeps beside its vectors."""
    return {name: getattr(trainer.optimizer, name) for name in trainer.optimizer.counters}


def setting(trainer: Trainer, best: BestWeights | None) -> dict[str, Any]:
    """All that must be the same for a training to go on to the same bytes, by names that a person knows."""
    network, optimizer, weight = trainer.network, trainer.optimizer, trainer.recipe.class_weight
    layers = enumerate(zip(network.layers, network.factors, strict=True), start=1)
    facts = {
        "input_shape": network.input_shape,
        **{f"layer {number}": [layer.config(), factor] for number, (layer, factor) in layers},
        "optimizer": optimizer.kind,
        **{f"optimizer {option.name}": getattr(optimizer, option.name) for option in declared(optimizer)},
        **{name: value for name, value in asdict(trainer.recipe).items() if not name.startswith("optimizer")},
        "class_weight": sorted(weight.items(), key=str) if isinstance(weight, Mapping) else weight,
        "patience": best.patience if best else None,
    }
    plain: dict[str, Any] = json.loads(to_json(facts))
    return plain


def compare(path: str | Path, saved: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise InputError with the first difference."""
    for name in {**now, **saved}:
        if saved.get(name) != now.get(name):
            before, after = told(saved.get(name)), told(now.get(name))
            raise InputError(
                f"{path} is of another training: {told(name)} was {before}, now it is {after}; "
                "set it as it was, or remove the file to start anew"
            )


def told(value: Any) -> str:
    """A value of a setting, for a message: at most 150 characters, which a terminal can show."""
    line = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return shorten(line, 150, placeholder="...")


def to_json(value: Any) -> str:
    """JSON, with NumPy's numbers and arrays as Python's."""
    return json.dumps(value, default=lambda array: array.tolist())
