import re
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.base.npz import read_npz, write_npz
from dnn.classifier import DeepNeuralNetwork
from dnn.training.dynamics import Dynamics
from stages import train as stage
from stages.datasets.splits import Split, save_split
from stages.figures.dynamics import ARRAYS, activations, landscape, load_dynamics, norms
from stages.figures.learning_order import forgotten, learned_at, learned_first
from stages.figures.style import save

CAPTION = "made up: 3 training and 2 test images"
DATASET = {"name": "made up", "fallback": True, "train_images": 3, "test_images": 2}
TABLE = np.array(  # epochs by images
    [
        [1, 0, 0, 1, 0, 1],
        [1, 0, 1, 0, 0, 0],
        [1, 1, 0, 1, 0, 1],
        [1, 1, 1, 1, 0, 0],
    ],
    dtype=bool,
)


def test_when_images_are_learned_for_good_and_how_often_they_are_forgotten():
    assert learned_at(np.arange(1, 5), TABLE).tolist() == [1, 3, 4, 3, 0, 0]
    assert learned_at(np.arange(7, 11), TABLE).tolist() == [7, 9, 10, 9, 0, 0]
    assert forgotten(TABLE).tolist() == [0, 0, 1, 1, 0, 2]


def made(rng, n):
    digits = (np.arange(n) % 10).astype(np.uint8)
    images = rng.random((n, 784), dtype=np.float32) + np.eye(10, 784, dtype=np.float32)[digits]
    return Split(images / 2, np.eye(10, dtype=np.float32)[digits], digits, DATASET)


def watched(path, rng, epochs, hidden_layers):
    val = made(rng, 60)
    network = DeepNeuralNetwork(hidden_layers=hidden_layers, epochs=epochs)
    watching = Dynamics(val.images, val.labels, path)
    network.train(val.images, val.digits, validation_data=(val.images, val.digits), callbacks=[watching])
    return val


def draw(path, val):
    """The figures that the file has, by their names."""
    watched = load_dynamics(path, len(val.digits))
    figures = {function.__name__: function(watched, CAPTION) for function in (norms, activations, landscape)}
    figures["learned_first"] = learned_first(watched, val.images, val.digits, "0123456789", "digit", CAPTION)
    return {name: figure for name, figure in figures.items() if figure}


def test_every_figure_names_its_data_and_is_the_same_bytes_when_drawn_again(tmp_path, rng):
    val = watched(tmp_path / "d.npz", rng, 3, [8, 8])
    first, second = (draw(tmp_path / "d.npz", val) for _ in range(2))
    assert set(first) == {"learned_first", "norms", "activations", "landscape"}
    for name, figure in first.items():
        assert CAPTION in {text.get_text() for text in figure.texts}
        save(figure, tmp_path / "first.png")
        save(second[name], tmp_path / "second.png")
        assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


def test_one_epoch_of_a_network_without_hidden_layers_can_be_drawn(tmp_path, rng):
    val = watched(tmp_path / "d.npz", rng, 1, [])
    figures = draw(tmp_path / "d.npz", val)
    for name, figure in figures.items():
        save(figure, tmp_path / f"{name}.png")
    assert set(figures) == {"learned_first", "norms", "landscape"}


def test_figures_say_from_which_epoch_on_it_was_watched(tmp_path, rng):
    path = tmp_path / "d.npz"
    val = watched(path, rng, 3, [4])
    with np.load(path) as file:
        late = {name: array[1:] if len(array) == 3 else array for name, array in file.items()}
    np.savez(path, **late)
    titles = {name: figure.get_suptitle() for name, figure in draw(path, val).items()}
    assert all("watched from epoch 2 on" in titles[name] for name in ("learned_first", "norms", "activations"))


def test_the_train_stage_keeps_dynamics_only_where_asked_and_trains_the_same_model(tmp_path, rng, monkeypatch):
    text = re.sub(r"epochs: \d+", "epochs: 2", Path("params.yaml").read_text(), count=1)
    monkeypatch.chdir(tmp_path)
    for name in ("train", "val", "test"):
        save_split(tmp_path / "processed" / f"{name}.npz", made(rng, 60))
    for on in ("false", "true"):
        Path("params.yaml").write_text(text.replace("dynamics: false", f"dynamics: {on}"))
        stage.main(*(Path(name) for name in ("processed", f"{on}.npz", on, "times.json", "page.html")))
    assert Path("true.npz").read_bytes() == Path("false.npz").read_bytes()
    assert not Path("false/dynamics.npz").exists()
    with np.load("true/dynamics.npz") as file:
        assert file["epoch"].tolist() == [1, 2]
    assert not list(Path().glob(".checkpoints/*"))


def test_arrays_that_do_not_fit_together_are_named(tmp_path, rng):
    path = tmp_path / "d.npz"
    watched(path, rng, 2, [8])
    arrays = dict(zip(ARRAYS, read_npz(path, *ARRAYS), strict=True))
    assert load_dynamics(path, 60).keys() == arrays.keys()
    wrong = [(name, arrays[name][:-1]) for name in ARRAYS] + [("layers", np.zeros(len(arrays["layers"])))]
    for name, array in wrong:
        write_npz(path, **arrays | {name: array})
        with pytest.raises(
            InputError, match=r"d\.npz is damaged: \w+ is .*, needed is .*`dvc repro -f train` makes it"
        ):
            load_dynamics(path, 60)
    write_npz(path, **arrays)
    with pytest.raises(InputError, match=r"d\.npz is damaged: right is \(2, 8\)"):
        load_dynamics(path, 99)
