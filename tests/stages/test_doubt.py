"""The command that learns to doubt."""

import re

import numpy as np
import pytest

from dnn.base.errors import InputError
from stages.datasets.splits import Split, save_split
from stages.doubt import main
from stages.doubting import fit as fitting
from stages.doubting.detector import load
from tests.splits import small_digits


def test_the_same_bytes_come_again_also_on_one_thread(tmp_path, monkeypatch, capsys):
    for name, rows in {"train": range(200), "val": range(200, 300)}.items():
        save_split(tmp_path / f"{name}.npz", small_digits(rows))
    main(tmp_path, tmp_path / "first.npz")
    printed = capsys.readouterr().out
    assert re.search(
        r"doubts 0\.4% of digits that it has not learned from, and of what is no digit: letters \d+\.\d%, ", printed
    )
    monkeypatch.setitem(fitting.RECIPE, "threads", 1)
    main(tmp_path, tmp_path / "again.npz")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()
    assert load(tmp_path / "first.npz").about["dataset"]["name"] == "digits"


def test_of_what_is_no_digit_there_is_no_measure_and_the_file_says_so(tmp_path, rng):
    dataset = {"name": "Clothes", "fallback": False, "train_images": 9, "test_images": 2, "classes": ["shirt", "shoe"]}
    labels = np.arange(6, dtype=np.uint8) % 2
    split = Split(rng.random((6, 400), dtype=np.float32), np.eye(2, dtype=np.float32)[labels], labels, dataset)
    for name in ("train", "val"):
        save_split(tmp_path / f"{name}.npz", split)
    main(tmp_path, tmp_path / "doubt.npz")
    with pytest.raises(InputError, match="no measure of doubt for Clothes: it is known for digits alone"):
        load(tmp_path / "doubt.npz")
