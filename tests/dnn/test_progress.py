"""The bar in a terminal of 80 columns, and lines where there is none; the training is the same with it and without."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from dnn import DeepNeuralNetwork, progress
from dnn.progress import Progress, clock

ROW = {"learning_rate": 0.1, "train_loss": 0.5, "train_accuracy": 0.8}
VALIDATED = ROW | {"val_loss": 0.4, "val_accuracy": 0.9}


@pytest.fixture
def terminal(monkeypatch):
    """A standard output that is taken for a terminal; every step is drawn."""
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "80", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(progress, "EVERY", -1)


def drawn(text):
    """The lines as a person sees them, one after the other."""
    lines = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line) for line in re.split(r"\r\n?|\n|\x1b\[2K", text)]
    return [line for line in lines if line.strip()]


def follow(epochs, steps=4, row=VALIDATED, first=0):
    trainer = SimpleNamespace(history=[], stop=False)
    with Progress(epochs) as bar:
        for epoch in range(first, epochs):
            for step in range(1, steps + 1):
                bar.on_step(epoch + step / steps, 0.1, 0.5)
            trainer.history.append({"epoch": epoch + 1, **row})
            bar(trainer)


@pytest.mark.parametrize("epochs", [2, 100])
def test_in_a_terminal_a_bar_moves_within_the_epoch_and_fits(terminal, capsys, epochs):
    follow(epochs)
    lines = drawn(capsys.readouterr().out)
    assert len(lines) > 4 * epochs
    assert max(map(len, lines)) <= 80
    assert lines[-1].startswith(f"epoch {epochs}/{epochs} ")
    assert lines[-1].rstrip().endswith("taken  loss 0.5000  val_accuracy 90.00%  rate 0.1")
    assert re.search(r"[━╸] \d:\d\d left  loss 0.5000  val_accuracy 90.00%  rate 0.1", lines[-4])
    assert "val_accuracy" not in lines[2], "before the first epoch has ended it is not known"


def test_time_left_is_that_of_the_epochs_that_are_to_be_done(terminal, capsys, monkeypatch):
    """Of a training that goes on at epoch 50, too."""
    seconds = iter(range(0, 10**6, 3))
    monkeypatch.setattr(progress.time, "monotonic", lambda: 0)
    with Progress(100) as bar:
        for done in np.arange(50.25, 52, 0.25):
            now = next(seconds)
            monkeypatch.setattr(progress.time, "monotonic", lambda now=now: now)
            bar.on_step(done, 0.1, 0.5)
    assert "epoch 52/100" in (last := drawn(capsys.readouterr().out)[-1])
    assert f"{clock((100 - 51.75) * 4 * 3)} left" in last


@pytest.mark.parametrize(("name", "value", "colours"), [("NO_COLOR", "1", False), ("LANG", "C", True)])
def test_no_color_is_respected(terminal, capsys, monkeypatch, name, value, colours):
    monkeypatch.setenv(name, value)
    follow(2)
    assert bool(re.search(r"\x1b\[\d+(;\d+)*m", capsys.readouterr().out)) == colours


@pytest.mark.parametrize("dumb", [False, True])
def test_without_a_terminal_each_tenth_is_a_line(request, capsys, monkeypatch, dumb):
    if dumb:
        request.getfixturevalue("terminal")
        monkeypatch.setenv("TERM", "dumb")
    follow(20)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "epoch   2 of 20: loss 0.5000, validation loss 0.4000, accuracy 90.00%"
    assert len(lines) == 10
    follow(3, row=ROW)
    assert capsys.readouterr().out.splitlines()[-1] == "epoch   3 of 3: loss 0.5000, accuracy 80.00%"


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3723, "1:02:03")])
def test_times_are_short(seconds, shown):
    assert clock(seconds) == shown


def test_verbose_shows_the_bar_and_changes_no_byte(terminal, capsys, rng):
    X, y = rng.random((60, 16), dtype=np.float32), np.arange(60) % 3
    options = {"epochs": 3, "hidden_layers": [8], "batch_size": 16, "dropout": 0.1}
    quiet = DeepNeuralNetwork(**options).fit(X, y)
    assert capsys.readouterr().out == ""
    told = DeepNeuralNetwork(**options, verbose=1).fit(X, y)
    assert "epoch 3/3" in drawn(capsys.readouterr().out)[-1]
    np.testing.assert_array_equal(quiet.network_.params, told.network_.params)
    assert quiet.history_ == told.history_


def test_a_callback_is_told_every_step(rng):
    class Watching:
        def __init__(self):
            self.steps, self.rows = [], []

        def on_step(self, *told):
            self.steps.append(told)

        def __call__(self, trainer):
            self.rows.append(trainer.history[-1])

    X, y, watching = rng.random((60, 16), dtype=np.float32), np.arange(60) % 3, Watching()
    DeepNeuralNetwork(epochs=2, hidden_layers=[8], batch_size=20).train(X, y, callbacks=[watching])
    assert [done for done, *_ in watching.steps] == pytest.approx([1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2])
    for (_, rate, loss), row in zip(watching.steps[2::3], watching.rows, strict=True):
        assert (rate, loss) == (row["learning_rate"], row["train_loss"])
