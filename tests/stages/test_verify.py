"""Training again as recorded: yes where the bytes agree, and what differs where they do not."""

import json
import re
import shutil
import sys
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from dnn.base.errors import InputError
from dnn.batches.labels import one_hot
from dnn.formats.model_file import load_model, save_model
from stages import train, verify
from stages.datasets.small_digits import mnist_form
from stages.datasets.splits import Split, save_split
from stages.project import cli
from stages.project.edit import apply
from stages.training import provenance

PIPELINE = "vars: [{path: {processed: data, model: model.npz, training: train, runs: runs}}]"
RECORD = Path("train", provenance.FILE)


def save(name, rows):
    small = load_digits()
    images = np.stack([mnist_form(image).ravel() / np.float32(255) for image in small.images[rows]])
    digits = small.target[rows].astype(np.uint8)
    dataset = {"name": "digits", "fallback": False, "train_images": 300, "test_images": 0}
    save_split(f"data/{name}.npz", Split(images, one_hot(digits, 10), digits, dataset))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a model that the train stage made, and its record."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copy("params.yaml", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DVC_ROOT", str(folder))
        patch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
        apply({"train.epochs": 1, "train.batch_size": 64, "model.hidden_layers": [8]})
        Path("dvc.yaml").write_text(PIPELINE)
        save("train", slice(0, 200))
        save("val", slice(200, 300))
        with threadpool_limits(1):  # the second training may have more
            train.main(Path("data"), Path("model.npz"), Path("train"), Path("runs"), Path("live.html"))
    return folder


@pytest.fixture
def project(trained, tmp_path, monkeypatch):
    """A copy of it to spoil."""
    shutil.copytree(trained, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return trained


@pytest.fixture
def quick(project, monkeypatch):
    """Instead of a second training, the model that the first one gave."""
    monkeypatch.setattr(verify, "train_again", lambda parameters, processed, folder: project / "model.npz")


def train_here(parameters, processed, folder):
    """Train again in this process: another takes seconds to start."""
    processed = processed.resolve()
    with chdir(folder):
        Path("params.yaml").write_text(json.dumps(parameters))
        train.main(processed, Path("again.npz"), Path("train"), Path("runs"), Path("live.html"))
    return folder / "again.npz"


def change(*keys, value):
    """Change a fact of the record by hand."""
    facts = json.loads(RECORD.read_text())
    place = facts
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    RECORD.write_text(json.dumps(facts))


def flip():
    model = load_model("model.npz")
    model.networks[0].params[7] *= -1
    save_model("model.npz", model)


@pytest.fixture
def command(monkeypatch, capfd):
    """Gives exit status, output and error message of `python -m stages.verify`."""

    def run():
        monkeypatch.setattr(sys, "argv", ["verify"])
        with pytest.raises(SystemExit) as end:
            cli.run(verify.main)
        return end.value.code or 0, *capfd.readouterr()

    return run


def test_the_second_training_gives_the_same_bytes(project, command):
    apply({"train.epochs": 3})  # what counts is the record, not what params.yaml says now
    status, said, _ = command()
    assert status == 0, said
    assert "\nyes: the second training gave the recorded bytes" in said
    assert re.search(r"parameters\.train\.epochs +1 +3 +differs, which can change bytes", said)
    assert load_model("model.npz").about["training"]["epochs"] == 1  # and nothing of the project is touched


def test_a_changed_seed_in_the_record_gives_another_model(project, command, monkeypatch):
    monkeypatch.setattr(verify, "train_again", train_here)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    change("parameters", "train", "seed", value=1)
    status, said, _ = command()
    assert status == 1
    assert "\nno: the second training gave other bytes" in said
    assert "params of model.npz differs in" in said
    assert re.search(r"parameters\.train\.seed +1 +0 ", said)


def test_a_training_that_stops_is_an_error(project, command, monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")
    status, _, message = command()
    assert status == 1
    assert "does this code know the recorded parameters?" in message


def test_a_version_that_changed_is_named(quick, command):
    change("software", "numpy", value="1.0")
    status, said, _ = command()
    assert status == 0, said
    assert re.search(r"software\.numpy +1\.0 +\S+ +differs, which can change bytes", said)
    change("model", value="0" * 64)
    status, said, _ = command()
    assert status == 1
    assert re.search(r"software\.numpy +1\.0 +\S+ +differs, which can change bytes", said)


@pytest.mark.parametrize("name", ["train", "val"])
def test_changed_data_ends_it_before_any_training(project, command, monkeypatch, name):
    monkeypatch.setattr(verify, "train_again", None)
    save(name, slice(50, 150))
    status, _, message = command()
    assert status == 1
    assert message.startswith(f"error: data/{name}.npz is not what the model was trained on: recorded SHA-256 ")
    assert message.count("\n") == 1
    Path(f"data/{name}.npz").unlink()
    assert "is missing; `dvc repro preprocess` makes it" in command()[2]


def test_a_flipped_weight_is_found(quick, command):
    size = abs(load_model("model.npz").networks[0].params[7])
    flip()
    status, said, _ = command()
    assert status == 1
    assert "no: model.npz is not the recorded file" in said
    assert "\nthe second training gave the recorded bytes" in said
    assert f"params of model.npz differs in 1 of 6,370 values, by {2 * size:.3g} at most" in said
    assert "was the record or the model changed by hand?" in said


def test_a_record_changed_by_hand_is_found(quick, command):
    change("model", value="0" * 64)
    status, said, _ = command()
    assert status == 1
    assert "recorded is 0000" in said
    assert "was the record or the model changed by hand?" in said


def test_without_the_model_the_record_counts(quick, command):
    Path("model.npz").unlink()
    status, said, _ = command()
    assert status == 0, said
    assert "model.npz itself is not there to be compared" in said


def test_other_headers_and_shapes_are_told(project):
    model = load_model("model.npz")
    fitted, model.temperature = model.temperature, 2.0
    save_model("warm.npz", model)
    assert f"temperature is 2.0 in warm.npz, {fitted}" in verify.first_difference(Path("warm.npz"), Path("model.npz"))
    Path("broken.npz").write_text("x")
    assert "broken.npz is no .npz file" in verify.first_difference(Path("broken.npz"), Path("model.npz"))


def test_a_model_that_is_not_there_ends_it_at_once(project, command, monkeypatch):
    monkeypatch.setattr(verify, "train_again", None)
    monkeypatch.setattr(sys, "argv", ["verify", "--model", "other.npz"])
    with pytest.raises(InputError, match=r"other\.npz is missing; name another --model"):
        verify.main(model=Path("other.npz"))


def test_another_machine_is_named_and_changes_no_byte(quick, command):
    [file] = Path("runs").glob("*.json")
    record = json.loads(file.read_text())
    record["machine"]["processor"] = "Abacus"
    file.write_text(json.dumps(record))
    status, said, _ = command()
    assert status == 0
    assert re.search(r"machine\.processor +Abacus +.+ +differs, which changes none", said)
