"""The classifier that params.yaml describes is the pipeline's."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from dnn import DeepNeuralNetwork
from dnn.base.errors import InputError
from dnn.training.train import train
from stages.training.options import new_trainer, options_of
from tests.splits import noise


@pytest.fixture
def write(tmp_path):
    """Write the shipped params.yaml with changes to a section."""

    def call(section="train", **values):
        shipped = yaml.safe_load(Path("params.yaml").read_text())
        shipped[section] |= values
        file = tmp_path / "p.yaml"
        file.write_text(yaml.safe_dump({name: shipped[name] for name in ("model", "train", "augment")}))
        return file

    return call


def test_it_trains_to_the_weights_of_the_stage():
    change = {"epochs": 2, "batch_size": 32, "hidden_layers": [8]}
    model = DeepNeuralNetwork.from_params("params.yaml", **change)
    options = options_of({"train.epochs": 2, "train.batch_size": 32, "model.hidden_layers": [8]})
    images, val = noise(200), noise(60, 1)
    trainer = new_trainer(options, model.random_state, images)
    train(trainer, images.images, images.labels, None, (val.images, val.labels))
    model.train(images.images, images.digits, validation_data=(val.images, val.digits))
    np.testing.assert_array_equal(trainer.network.params, model.network_.params)
    assert {name: model.get_params()[name] for name in options} == options


def test_seed_and_weights_of_classes_are_those_of_the_file(write):
    model = DeepNeuralNetwork.from_params(write(seed=7, class_weight="balanced"))
    assert (model.random_state, model.class_weight) == (7, "balanced")
    assert DeepNeuralNetwork.from_params(write(), random_state=3, class_weight=None).random_state == 3


def test_a_model_to_start_from_lies_beside_the_file(write, tmp_path, rng):
    X, y = rng.random((60, 16), dtype=np.float32), np.arange(60) % 3
    DeepNeuralNetwork(hidden_layers=[5], epochs=1).fit(X, y).save_model(tmp_path / "models" / "m.npz")
    model = DeepNeuralNetwork.from_params(write("model", start_from="models/m.npz"), epochs=1, augmentation=None)
    assert model.fit(X, y).network_.layers[0].units == 5
    with pytest.raises(InputError, match=r"model\.start_from: .*none\.npz is missing"):
        DeepNeuralNetwork.from_params(write("model", start_from="none.npz"))


def test_mistakes_are_named(write, tmp_path):
    with pytest.raises(InputError, match=r"p\.yaml: train\.members is 3, but this is one network; set it to 1"):
        DeepNeuralNetwork.from_params(write(members=3))
    with pytest.raises(InputError, match=r"p\.yaml: train\.epochs is 0, it should be a whole number at least 1"):
        DeepNeuralNetwork.from_params(write(epochs=0))
    with pytest.raises(InputError, match=r"p\.yaml: unknown key train\.epoch; train has epochs"):
        DeepNeuralNetwork.from_params(write(epoch=1))
    with pytest.raises(InputError, match=r"none\.yaml is missing"):
        DeepNeuralNetwork.from_params(tmp_path / "none.yaml")
    (tmp_path / "q.yaml").write_text("model: {}\n")
    with pytest.raises(InputError, match=r"q\.yaml: model\.hidden_layers is missing"):
        DeepNeuralNetwork.from_params(tmp_path / "q.yaml")
