from types import SimpleNamespace

import numpy as np
import pytest

from dnn.training.callbacks import BestWeights


def run(losses, patience):
    """Epochs with these validation losses, where the parameters of epoch e are all e."""
    trainer = SimpleNamespace(network=SimpleNamespace(state=np.zeros(0), params=np.zeros(3)), history=[], stop=False)
    best = BestWeights(patience)
    for epoch, loss in enumerate(losses, start=1):
        trainer.network.params[...] = epoch
        trainer.history.append({"epoch": epoch, "val_loss": loss})
        best(trainer)
        if trainer.stop:
            break
    return trainer, best


@pytest.mark.parametrize(
    ("losses", "patience", "best_epoch", "epochs_run"),
    [
        ([3, 2, 1], 1, 3, 3),
        ([3, 1, 2, 2, 2, 0], 2, 2, 4),
        ([3, 1, 2, 0.5, 2, 2], 2, 4, 6),
        ([1, 1, 1], 2, 1, 3),  # the same loss is no better one
        ([1, 2, 3, 4, 5], 0, 1, 5),
        ([2, np.nan, 1, np.nan], 0, 3, 4),
    ],
)
def test_keeps_the_best_and_stops(losses, patience, best_epoch, epochs_run):
    trainer, best = run(losses, patience)
    assert (best.epoch, best.loss, len(trainer.history)) == (best_epoch, losses[best_epoch - 1], epochs_run)
    params = trainer.network.params
    best.restore(trainer)
    assert trainer.network.params is params, "layers hold views into this very array"
    assert params.tolist() == [best_epoch] * 3


def test_without_a_measured_epoch_restore_changes_nothing():
    trainer, best = run([np.nan], patience=0)
    best.restore(trainer)
    assert trainer.network.params.tolist() == [1] * 3


def test_another_training_begins_anew():
    _, best = run([0.1, 0.2], patience=0)
    trainer = SimpleNamespace(network=SimpleNamespace(state=np.zeros(0), params=np.ones(3)), history=[], stop=False)
    trainer.history.append({"epoch": 1, "val_loss": 5.0})
    best(trainer)
    assert (best.epoch, best.loss, best.params.tolist()) == (1, 5.0, [1, 1, 1])
