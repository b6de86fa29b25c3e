"""fetch: which mirrors are asked, what is taken for MNIST, and what takes its place."""

import gzip
import hashlib
import json
import resource
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from stages import fetch
from stages.datasets.idx import idx_bytes
from stages.datasets.published import FILES, PUBLISHED
from stages.datasets.small_digits import small_digits_files
from tests.stages.conftest import packed

NAMES = FILES
GZ = [f"{name}.gz" for name in NAMES]


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch, contents):
    """An empty folder, in which the made-up files are the right ones."""
    monkeypatch.chdir(tmp_path)


def params(*urls, dataset="mnist", fallback="none", **more):
    mirrors = {name: list(urls) if name == dataset else [] for name in PUBLISHED}
    own = {"folder": "data/idx", "classes": []} | more
    data = {"dataset": dataset, "fallback": fallback, "mirrors": mirrors} | own
    Path("params.yaml").write_text(json.dumps({"data": data}))


def folder(name, contents):
    Path(name).mkdir()
    for file, content in contents.items():
        (Path(name) / file).write_bytes(content)
    return name


def state(raw="raw"):
    return {path.name: path.read_bytes() for path in Path(raw).iterdir()}


def record(raw="raw"):
    return json.loads((Path(raw) / "dataset.json").read_text())


def without_record(files):
    return {name: content for name, content in files.items() if name != "dataset.json"}


def test_brings_the_four_files_and_says_what_they_are(serve, contents, capsys):
    params(serve())
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert record() == {
        "name": "MNIST",
        "fallback": False,
        "train_images": 7,
        "test_images": 3,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    }
    assert "MNIST, 7 training and 3 test images" in capsys.readouterr().out


def test_the_folder_is_by_default_that_of_the_pipeline(serve, contents):
    params(serve())
    Path("dvc.yaml").write_text("vars: [{path: {raw: some/folder}}]")
    fetch.main()
    assert without_record(state("some/folder")) == contents


def test_two_incomplete_mirrors_make_a_whole_and_are_reported(serve, contents, capsys):
    one, other = serve({GZ[0]: "missing"}), serve({GZ[3]: "wrong"})
    params(one, other)
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    lines = capsys.readouterr().err
    assert f"{one}: {NAMES[0]}: HTTP status 404" in lines
    assert f"{other}: {NAMES[3]}: it is a damaged gzip file" in lines


@pytest.mark.parametrize("root", [None, "elsewhere"])
def test_the_variable_goes_first_and_may_be_a_folder(root, serve, contents, monkeypatch):
    seen = []
    params(serve(seen=seen))
    if root:  # as in DVC's temporary experiments
        Path(root).mkdir()
        monkeypatch.setenv("DVC_ROOT", root)
    folder(Path(root or "") / "copies", contents)
    monkeypatch.setenv("MNIST_MIRROR", "copies")
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert seen == []


def test_the_variable_goes_first_and_may_be_a_url(serve, contents, monkeypatch):
    seen = []
    params(serve(seen=seen))
    monkeypatch.setenv("MNIST_MIRROR", serve().rstrip("/"))
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert seen == []


def test_folder_without_the_file_is_reported(serve, contents, monkeypatch, capsys):
    params(serve())
    monkeypatch.setenv("MNIST_MIRROR", folder("copies", {name: contents[name] for name in NAMES[1:]}))
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert f"copies: {NAMES[0]}: there is no such file in it" in capsys.readouterr().err


def test_only_what_is_missing_is_downloaded(serve, contents):
    seen = []
    params(serve(seen=seen))
    folder("raw", contents)
    (Path("raw") / NAMES[2]).unlink()
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert [name for name, _ in seen] == [GZ[2]]


def test_complete_files_need_no_mirror(contents):
    params("no/such/folder", fallback="digits")
    folder("raw", contents)
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert record()["name"] == "MNIST"


def test_failure_leaves_earlier_data_in_place(serve):
    url = serve({GZ[3]: "html"})  # the last file: the other three have come by then
    params(dataset="digits")
    fetch.main(Path("raw"))
    before = state()
    params(url)
    with pytest.raises(InputError, match=rf"data.fallback is none \(tried: {url}\); set MNIST_MIRROR"):
        fetch.main(Path("raw"))
    assert state() == before


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
@pytest.mark.parametrize("limit", [0, 10, 300, 5503])
def test_a_full_disk_leaves_earlier_data_in_place(limit, dataset, contents):
    """The largest file has 5,504 bytes, dataset.json about 600."""
    params(dataset="digits")
    fetch.main(Path("raw"))
    params(dataset=dataset)
    if dataset == "digits":
        (Path("raw") / NAMES[0]).unlink()
    for name, content in contents.items() if dataset == "mnist" else ():
        (Path("raw") / f"{name.replace('-idx', '.idx')}.gz").write_bytes(packed(content))
    before, limits = state(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large: 'raw"):
            fetch.main(Path("raw"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert state() == before
    fetch.main(Path("raw"))
    assert record()["fallback"] is False
    kept = {name: content for name, content in state().items() if name in NAMES}
    assert kept == (contents if dataset == "mnist" else small_digits_files())


def test_a_record_that_says_the_same_is_never_gone(monkeypatch):
    params(dataset="digits")
    fetch.main(Path("raw"))
    before = state()
    monkeypatch.setattr(Path, "unlink", lambda path, **_: path.name == "dataset.json" and pytest.fail("it is gone"))
    fetch.main(Path("raw"))
    assert state() == before


def test_some_files_of_mnist_are_not_replaced_by_the_fallback(contents):
    params("no/such/folder", fallback="digits")
    some = {name: contents[name] for name in NAMES[:3]}
    folder("raw", some)
    with pytest.raises(InputError, match=r"raw has 3 of MNIST's 4 files, .* \(tried: no/such/folder\).* or remove"):
        fetch.main(Path("raw"))
    assert state() == some


def test_fallback_is_loud_and_gives_way_to_mnist(serve, contents, capsys):
    params("no/such/folder", fallback="digits")
    fetch.main(Path("raw"))
    fallen = state()
    assert record() == record() | {
        "name": "scikit-learn digits (fallback)",
        "fallback": True,
        "train_images": 1437,
        "test_images": 360,
    }
    warning = capsys.readouterr().err
    assert "not MNIST" in warning
    assert "MNIST_MIRROR" in warning

    fetch.main(Path("raw"))
    assert state() == fallen  # the same bytes again

    params(serve())
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert record()["fallback"] is False


def test_digits_on_purpose_need_no_warning(capsys):
    params(dataset="digits")
    fetch.main(Path("raw"))
    assert record()["name"] == "scikit-learn digits"
    assert record()["fallback"] is False
    assert "not MNIST" not in capsys.readouterr().err


def test_a_variable_without_effect_says_so(contents, monkeypatch, capsys):
    monkeypatch.setenv("MNIST_MIRROR", "copies")
    params(dataset="digits")
    fetch.main(Path("raw"))
    assert "MNIST_MIRROR is set but not used: data.dataset is digits" in capsys.readouterr().err
    params(folder("fashion", gzipped(contents)), dataset="fashion_mnist")
    fetch.main(Path("raw"))
    assert "MNIST_MIRROR is set but not used: data.dataset is fashion_mnist" in capsys.readouterr().err
    folder("there", contents)
    params()
    fetch.main(Path("there"))
    assert "MNIST_MIRROR is set but not used: there has the four files of MNIST" in capsys.readouterr().err


def gzipped(contents):
    return {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in contents.items()}


def test_files_in_the_folder_count_under_other_names_and_stay(contents):
    params()
    other = {name.replace("-idx", ".idx") + ".gz": gzip.compress(content, 1) for name, content in contents.items()}
    folder("raw", other)
    fetch.main(Path("raw"))
    assert without_record(state()) == contents | other


@pytest.mark.parametrize("name", [NAMES[1], GZ[1], "train-labels.idx1-ubyte"])
@pytest.mark.parametrize("complete", [False, True])
def test_an_unknown_file_stays_and_is_named(name, complete, serve, contents):
    params(serve())
    folder("raw", {**(contents if complete else {}), name: b"\0\0\x08\1\0\0\0\1\7"})
    before = state()
    with pytest.raises(InputError, match=rf"raw/{name} is none of the files that fetch brings .* move it out of raw"):
        fetch.main(Path("raw"))
    assert state() == before


def test_digits_do_not_overwrite_an_unknown_file():
    params(dataset="digits")
    folder("raw", {NAMES[0]: b"mine"})
    with pytest.raises(InputError, match=rf"raw/{NAMES[0]} is none of the files that fetch brings"):
        fetch.main(Path("raw"))
    assert state() == {NAMES[0]: b"mine"}


def test_what_an_earlier_version_wrote_makes_room(contents):
    """It kept the files gzipped, and said so in dataset.json."""
    params()
    packed = gzipped(contents)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in packed.items()}
    folder("raw", packed | {"dataset.json": json.dumps({"name": "MNIST", "sha256": digests}).encode()})
    fetch.main(Path("raw"))
    assert without_record(state()) == contents


def test_another_data_set_brings_its_classes_and_is_never_replaced_by_digits(contents, serve, capsys):
    params("no/such/folder", dataset="fashion_mnist", fallback="digits")
    with pytest.raises(InputError, match=r"no mirror gave the four files of Fashion-MNIST \(tried: no/such/folder\)"):
        fetch.main(Path("raw"))
    params(serve(), dataset="fashion_mnist")
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert record()["name"] == "Fashion-MNIST"
    assert record()["classes"][:2] == ["T-shirt/top", "Trouser"]
    params(dataset="fashion_mnist")
    fetch.main(Path("raw"))  # unpacked they are known by dataset.json
    params(dataset="kmnist")
    with pytest.raises(InputError, match="no mirror gave the four files of Kuzushiji-MNIST"):
        fetch.main(Path("raw"))
    assert record()["name"] == "Fashion-MNIST"


def test_files_of_ones_own_are_taken_from_a_folder(own):
    contents = own()
    params(dataset="idx", folder="letters", classes=["a", "b", "ü"])
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert (record()["name"], record()["classes"]) == ("letters", ["a", "b", "ü"])
    assert (record()["train_images"], record()["test_images"]) == (9, 3)
    params(dataset="digits")
    fetch.main(Path("raw"))  # what fetch wrote itself may be replaced
    assert record()["name"] == "scikit-learn digits"


@pytest.fixture
def own():
    """Write a data set of one's own to a folder, with some files replaced; give the contents by name."""

    def write(name="letters", classes=3, side=(20, 20), **others):
        Path(name).mkdir()
        contents = {}
        for part, n in (("train", 9), ("t10k", 3)):
            images, labels = np.ones((n, *side), np.uint8), (np.arange(n) % classes).astype(np.uint8)
            contents |= {f"{part}-images-idx3-ubyte": idx_bytes(images), f"{part}-labels-idx1-ubyte": idx_bytes(labels)}
        for file, content in (contents | others).items():
            (Path(name) / file).write_bytes(content)
        return contents

    return write


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"classes": 4}, r"train has the label 3, but data.classes names 3, for the labels 0 to 2"),
        ({"classes": 2}, r"class 2 \(ü\) has fewer than 2 training images"),
        ({"side": (20, 28)}, "the sides of the images are 20 and 28 pixels"),
        ({NAMES[2]: b"<html>"}, "letters/t10k-images-idx3-ubyte: it is an HTML page"),
        ({NAMES[2]: b"\0\0\x0d\3" + bytes(12)}, "t10k-images-idx3-ubyte has the magic number 0x00000d03"),
        ({GZ[0]: gzip.compress(b"another")}, r"train-images-idx3-ubyte.* and letters/train-images.* differ"),
        ({NAMES[3]: idx_bytes(np.zeros(2, np.uint8))}, "t10k has 3 images and 2 labels"),
    ],
)
def test_files_of_ones_own_that_do_not_fit_are_named(changes, said, own):
    own(**changes)
    params(dataset="idx", folder="letters", classes=["a", "b", "ü"])
    with pytest.raises(InputError, match=said) as caught:
        fetch.main(Path("raw"))
    assert "\n" not in str(caught.value)


def test_a_folder_without_the_files_is_named():
    params(dataset="idx", folder="letters", classes=["a", "b"])
    with pytest.raises(InputError, match=r"data\.folder: there is no folder letters"):
        fetch.main(Path("raw"))
    folder("letters", {"train.csv": b""})
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte: it has CSV files \(train\.csv\)"):
        fetch.main(Path("raw"))
