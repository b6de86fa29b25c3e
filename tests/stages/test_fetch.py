"""fetch: which mirrors are asked, what is taken for MNIST, and what takes its place."""

import hashlib
import json
from pathlib import Path

import pytest

from dnn.base.errors import InputError
from stages import fetch

NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch, contents):
    """An empty folder, in which the made-up files are the right ones."""
    monkeypatch.chdir(tmp_path)


def params(*urls, dataset="mnist", fallback="none"):
    Path("params.yaml").write_text(
        json.dumps({"data": {"dataset": dataset, "fallback": fallback, "mirrors": list(urls)}})
    )


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
    one, other = serve({NAMES[0]: "missing"}), serve({NAMES[3]: "wrong"})
    params(one, other)
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    lines = capsys.readouterr().err
    assert f"{one}: {NAMES[0]}: HTTP status 404" in lines
    assert f"{other}: {NAMES[3]}: it is wrong" in lines


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
    assert f"copies: {NAMES[0]}: there is no such file in this folder" in capsys.readouterr().err


def test_only_what_is_missing_or_damaged_is_downloaded(serve, contents):
    seen = []
    params(serve(seen=seen))
    folder("raw", {**contents, NAMES[1]: b"damaged"})
    (Path("raw") / NAMES[2]).unlink()
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert [name for name, _ in seen] == [NAMES[1], NAMES[2]]


def test_complete_files_need_no_mirror(contents):
    params("no/such/folder", fallback="digits")
    folder("raw", contents)
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert record()["name"] == "MNIST"


def test_failure_leaves_earlier_data_in_place(serve):
    url = serve({NAMES[3]: "html"})  # the last file: the other three have come by then
    params(dataset="digits")
    fetch.main(Path("raw"))
    before = state()
    params(url)
    with pytest.raises(InputError, match=rf"data.fallback is none \(tried: {url}\); set MNIST_MIRROR"):
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
