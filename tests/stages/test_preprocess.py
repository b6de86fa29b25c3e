"""preprocess: the arrays, the split, and what it says to data that do not fit."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from stages import fetch, preprocess
from stages.datasets.idx import write_idx
from stages.datasets.published import PUBLISHED
from stages.datasets.splits import caption, class_names, load_split

RAW, PROCESSED = Path("raw"), Path("processed")
SPLITS = ("train", "val", "test")

EMPTY = ("images", (4,), np.float32), ("labels", (10,), np.float32), ("digits", (), np.uint8)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A project with 400 training and 50 test images; the value of a training image's first pixels is its number."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    RAW.mkdir()
    rng = np.random.default_rng(0)
    for name, n in ("train", 400), ("t10k", 50):
        images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        images[:, 0, 0], images[:, 0, 1] = np.arange(n) // 256, np.arange(n) % 256
        labels = rng.permutation(np.arange(n, dtype=np.uint16) ** 2 % n * 10 // n).astype(np.uint8)  # unequal classes
        write_idx(RAW / f"{name}-images-idx3-ubyte", images)
        write_idx(RAW / f"{name}-labels-idx1-ubyte", labels)
    describe()
    params()


def describe(name="MNIST", train=400, test=50, **more):
    record = {"name": name, "fallback": False, "train_images": train, "test_images": test, "sha256": {}} | more
    (RAW / "dataset.json").write_text(json.dumps(record))


def params(validation_size=100, seed=0):
    Path("params.yaml").write_text(json.dumps({"preprocess": {"validation_size": validation_size, "seed": seed}}))


def run():
    preprocess.main(RAW, PROCESSED)
    return [load_split(PROCESSED / f"{name}.npz") for name in SPLITS]


def contents():
    return [(PROCESSED / f"{name}.npz").read_bytes() for name in SPLITS]


def original(name):
    return preprocess.read_pair(RAW, name, {"train_images": 400, "test_images": 50})


def test_shapes_types_and_description():
    for split, n in zip(run(), (300, 100, 50), strict=True):
        assert (split.images.shape, split.images.dtype) == ((n, 784), np.float32)
        assert (split.labels.shape, split.labels.dtype) == ((n, 10), np.float32)
        assert (split.digits.shape, split.digits.dtype) == ((n,), np.uint8)
        np.testing.assert_array_equal(split.labels.argmax(axis=1), split.digits)
        np.testing.assert_array_equal(np.sort(split.labels, axis=1), [[0] * 9 + [1]] * n)
        assert split.dataset == {"name": "MNIST", "fallback": False, "train_images": 400, "test_images": 50}


def test_train_and_val_are_disjoint_and_together_the_original():
    train, val, _ = run()
    images, digits = original("train")
    together = np.concatenate([train.images, val.images])
    number = np.rint(together[:, 0] * 255 * 256 + together[:, 1] * 255).astype(int)
    np.testing.assert_array_equal(np.sort(number), np.arange(400))
    np.testing.assert_array_equal(together, (images[number].reshape(-1, 784) / 255).astype(np.float32))
    np.testing.assert_array_equal(np.concatenate([train.digits, val.digits]), digits[number])


def test_the_test_set_is_left_as_it_is():
    test = run()[2]
    images, digits = original("t10k")
    # Exactly rounded: the float64 quotient of two such small integers never rounds twice.
    np.testing.assert_array_equal(test.images, (images.reshape(-1, 784) / 255).astype(np.float32))
    np.testing.assert_array_equal(test.digits, digits)
    assert test.images.min() == 0
    assert test.images.max() == 1


def test_the_split_keeps_the_share_of_each_class():
    _, val, _ = run()
    share = np.bincount(original("train")[1], minlength=10) / 4
    assert np.abs(np.bincount(val.digits, minlength=10) - share).max() < 1
    assert np.ptp(share) > 5  # a split that ignored the classes would be far off


def test_same_seed_same_bytes_other_seed_other_split():
    run()
    first = contents()
    run()
    assert contents() == first
    for name in SPLITS:
        with zipfile.ZipFile(PROCESSED / f"{name}.npz") as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    params(seed=1)
    run()
    assert contents()[0] != first[0]
    assert contents()[2] == first[2]


@pytest.mark.parametrize("size", [9, 391, 5000])
def test_size_that_does_not_fit_is_refused_with_both_values(size):
    params(validation_size=size)
    with pytest.raises(InputError, match=rf"validation_size is {size:,}, but there are 400 .* from 10 to 390"):
        run()
    assert not PROCESSED.exists()


def test_small_digits_validate_with_a_fifth(capsys):
    describe("scikit-learn digits (fallback)", fallback=True)
    params(validation_size=5000)
    train, val, _ = run()
    assert (len(train.digits), len(val.digits)) == (320, 80)
    assert val.dataset["fallback"] is True
    assert "validation_size is 80 here, not 5,000" in capsys.readouterr().out


def test_the_classes_and_the_side_are_those_of_the_data_set(capsys):
    names = ["T-shirt/top", "きれい", "c"]
    rng = np.random.default_rng(0)
    for name, n in ("train", 300), ("t10k", 50):
        write_idx(RAW / f"{name}-images-idx3-ubyte", rng.integers(0, 256, (n, 20, 20), dtype=np.uint8))
        write_idx(RAW / f"{name}-labels-idx1-ubyte", (np.arange(n) % 3).astype(np.uint8))
    describe("fashion", train=300, classes=names)
    params(validation_size=5000)
    train, val, test = run()
    assert (train.images.shape, val.images.shape, test.labels.shape) == ((240, 400), (60, 400), (50, 3))
    assert test.dataset["classes"] == names
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].split() == ["T-shirt/top", "80", "20", "17"]
    assert lines[4].split() == ["きれい", "80", "20", "17"]


def test_published_data_sets_obey_the_wish_for_many_validation_images():
    describe("Fashion-MNIST", classes=[str(c) for c in range(10)])
    params(validation_size=300)
    assert len(run()[1].digits) == 300


def test_files_that_disagree_are_named():
    describe(train=401)
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte has 400 items, .*dataset.json says 401"):
        run()
    describe()
    write_idx(RAW / "t10k-labels-idx1-ubyte", np.full(50, 10, np.uint8))
    with pytest.raises(InputError, match=r"t10k-labels-idx1-ubyte has the label 10"):
        run()


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "MNIST"}'])
def test_damaged_dataset_json_is_named(text):
    (RAW / "dataset.json").write_text(text)
    with pytest.raises(
        InputError,
        match=r"dataset\.json (is not JSON|is another file|tells no fallback of its data).*; remove it and run `make",
    ):
        run()


def test_prints_the_counts_of_every_class_and_split(capsys):
    train, val, test = run()
    table = {row[0]: row[1:] for row in map(str.split, capsys.readouterr().out.splitlines())}
    assert table["class"] == ["train", "val", "test"]
    for digit in range(10):
        assert table[str(digit)] == [str((split.digits == digit).sum()) for split in (train, val, test)]
    assert table["all"] == ["300", "100", "50"]


def test_damaged_split_is_named():
    run()
    path = PROCESSED / "val.npz"
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[1000] ^= 1
    for damaged in (b"", b"nonsense", whole[:-100], bytes(flipped)):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"val\.npz is"):
            load_split(path)
    with pytest.raises(InputError, match=r"no\.npz is missing; `make repro`"):
        load_split("no.npz")


def test_split_of_wrong_shape_or_type_is_refused():
    arrays = {"images": np.zeros((2, 784)), "labels": np.zeros((2, 10), np.float32), "digits": np.zeros(2, np.uint8)}
    np.savez("wrong.npz", **arrays, dataset=np.array("{}"))
    with pytest.raises(InputError, match=r"images is \(2, 784\) float64, it should be \(2, 784\) float32"):
        load_split("wrong.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset": "{"}, "its dataset is not JSON"),
        ({"dataset": "[" * 9999}, "its dataset is nested more than"),
        ({"dataset": "[]"}, "its dataset is another file"),
        ({"dataset": '{"name": 3}'}, "its dataset tells no name of its data set"),
        ({"dataset": '{"classes": 3}'}, "its dataset tells no classes of its data set"),
        ({"dataset": '{"classes": ["a", "a"]}'}, r"tells the classes \['a', 'a'\], they should be two names or more"),
        ({"dataset": 3}, "its dataset is no text"),
        ({"digits": np.uint8(3)}, r"digits is \(\) uint8, it should be \(2,\) uint8"),
        ({"images": np.float32(3)}, r"images is \(\) float32, it should be \(0, 1\)"),
        ({"images": np.zeros((2, 3), np.float32)}, r"images is \(2, 3\) float32, it should be \(2, 1\)"),
        ({"images": np.full((2, 4), np.nan, np.float32)}, "images are nan to nan, they should be 0 to 1"),
        ({"images": np.full((2, 4), 255, np.float32)}, "images are 255 to 255, they should be 0 to 1"),
        ({"digits": np.array([0, 200], np.uint8)}, "labels and digits disagree"),
        ({"labels": np.ones((2, 10), np.float32)}, "labels and digits disagree"),
        ({name: np.zeros((0, *more), kind) for name, more, kind in EMPTY}, "it is empty"),
    ],
)
def test_a_split_that_is_none_is_named(change, message):
    arrays = {"images": np.zeros((2, 4), np.float32), "labels": np.eye(2, 10, dtype=np.float32)}
    arrays |= {"digits": np.arange(2, dtype=np.uint8), "dataset": "{}"}
    np.savez("split.npz", **arrays)
    load_split("split.npz")
    np.savez("split.npz", **arrays | change)
    with pytest.raises(InputError, match=rf"^split\.npz.*{message}") as error:
        load_split("split.npz")
    assert "\n" not in str(error.value)


def test_what_a_figure_says_of_its_data_must_be_known():
    with pytest.raises(InputError, match="its file: tells no train_images of its data set"):
        caption({"name": "a", "test_images": 3})
    with pytest.raises(InputError, match="its file: tells no classes of its data set"):
        class_names({"classes": "0123456789"})


def test_real_mnist(monkeypatch):
    """Counts and moments as published everywhere: torchvision's examples normalise with 0.1307 and 0.3081."""
    root = Path(__file__).parents[2]
    sources = [root / os.environ.get("MNIST_MIRROR", ""), root.parent / "shared" / "mnist"]
    source = next((path for path in sources if (path / "train-images-idx3-ubyte.gz").is_file()), None)
    if source is None:
        pytest.skip("MNIST is neither in a folder MNIST_MIRROR nor in ../shared/mnist")
    data = {
        "dataset": "mnist",
        "fallback": "none",
        "mirrors": {name: [] for name in PUBLISHED},
        "folder": "x",
        "classes": [],
    }
    Path("params.yaml").write_text(json.dumps({"data": data}))
    for path in RAW.iterdir():
        path.unlink()
    monkeypatch.setenv("MNIST_MIRROR", str(source.resolve()))
    fetch.main(RAW)
    images, digits = preprocess.read_pair(RAW, "train", preprocess.read_dataset(RAW))
    # All of them: even and odd places hold different writers, so every tenth image alone would give 0.2989.
    shares, values = np.bincount(images.ravel(), minlength=256) / images.size, np.arange(256) / 255
    mean = shares @ values
    assert mean == pytest.approx(0.1307, abs=5e-5)
    assert np.sqrt(shares @ (values - mean) ** 2) == pytest.approx(0.3081, abs=5e-5)
    assert np.bincount(digits).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(preprocess.read_pair(RAW, "t10k", preprocess.read_dataset(RAW))[1])[:3].tolist() == [
        980,
        1135,
        1032,
    ]
