"""The stage trains as the classifier does, but without scikit-learn."""

import subprocess
import sys

import numpy as np
import pytest

from dnn import DeepNeuralNetwork
from dnn.training.train import train
from stages.training.options import new_trainer, options_of
from stages.training.run import weights_of
from tests.splits import noise


@pytest.mark.parametrize(
    "more",
    [{}, {"train.class_weight": "balanced", "train.loss": "mean_squared_error", "train.ema": 0.9}],
    ids=["plain", "more"],
)
def test_it_comes_to_the_bytes_of_the_classifier(more):
    options = options_of({"train.epochs": 2, "train.batch_size": 32, "model.hidden_layers": [16]} | more)
    images, val = noise(200), noise(60, 1)
    trainer = new_trainer(options, 3, images)
    validation = val.images, val.labels, weights_of(val, trainer)
    train(trainer, images.images, images.labels, weights_of(images, trainer), validation)
    model = DeepNeuralNetwork(**options, random_state=3)
    model.train(images.images, images.digits, validation_data=(val.images, val.digits))
    np.testing.assert_array_equal(trainer.network.params, model.network_.params)
    assert (trainer.history, trainer.kept_epoch) == (model.history_, model.kept_epoch_)


def test_it_does_not_import_scikit_learn():
    code = "import stages.training.run, sys; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
