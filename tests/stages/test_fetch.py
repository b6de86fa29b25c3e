"""fetch, against mirrors that misbehave. They are made up, and so are the four files: no network, no MNIST needed."""

import gzip
import hashlib
import json
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from scipy.ndimage import center_of_mass
from sklearn.datasets import load_digits

from dnn.base.errors import InputError
from stages import fetch
from stages.datasets import download as mirrors
from stages.datasets.idx import read_idx
from stages.datasets.transport import Patience

NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
FIRST = NAMES[0]


def idx(magic, *shape):
    size = shape[0] * (784 if len(shape) == 3 else 1)
    return gzip.compress(struct.pack(f">{1 + len(shape)}I", magic, *shape) + bytes(size))


@pytest.fixture(scope="session")
def contents():
    """The made-up files: 7 training and 3 test images."""
    return dict(zip(NAMES, (idx(0x803, 7, 28, 28), idx(0x801, 7), idx(0x803, 3, 28, 28), idx(0x801, 3)), strict=True))


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch, contents):
    """An empty project in which the made-up files are the right ones and nothing waits for long."""
    for name, content in contents.items():
        monkeypatch.setitem(mirrors.FILES, name, mirrors.File(len(content), hashlib.sha256(content).hexdigest()))
    monkeypatch.setattr(mirrors, "Patience", lambda: Patience(answer=0.5, file=0.6, pauses=(0.0,)))
    monkeypatch.chdir(tmp_path)
    for variable in ("MNIST_MIRROR", "DVC_ROOT", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def serve(contents):
    """Start a web server and give its URL. `faults` says what a handler does instead of sending the right file."""
    servers, done = [], threading.Event()

    def start(faults=None, seen=None):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rpartition("/")[2]
                if seen is not None:
                    seen.append((name, self.headers["User-Agent"]))
                fault = (faults or {}).get(name)
                if fault:
                    fault(self, contents[name], done)
                else:
                    send(self, contents[name])

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}/mnist/"

    yield start
    done.set()
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler, content, length=None, status=200):
    handler.send_response(status)
    if length is not False:
        handler.send_header("Content-Length", str(length or len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def truncated(handler, content, done):
    send(handler, content[:-5])


def cut_off(handler, content, done):
    send(handler, content[:-5], length=len(content))


def oversized(handler, content, done):
    send(handler, content + b"\0" * 100_000, length=False)


def wrong(handler, content, done):
    send(handler, content[:-1] + b"?")


def html(handler, content, done):
    send(handler, b"\n<!DOCTYPE html><title>Please log in</title>")


def missing(handler, content, done):
    send(handler, b"<html>gone</html>", status=404)


def broken(handler, content, done):
    send(handler, b"", status=503)


def silent(handler, content, done):
    done.wait(5)


def stalling(handler, content, done):
    send(handler, content[:5], length=len(content))
    done.wait(5)


def dripping(handler, content, done):
    send(handler, b"", length=len(content))
    for byte in content[:40]:
        if done.wait(0.05):
            return
        handler.wfile.write(bytes([byte]))


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
    seen = []
    params(serve(seen=seen))
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert record() == {
        "name": "MNIST",
        "fallback": False,
        "train_images": 7,
        "test_images": 3,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
    }
    assert all("Python-urllib" not in agent for _, agent in seen)
    assert "MNIST, 7 training and 3 test images" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fault", "reason", "tries"),
    [
        (truncated, "truncated: {less} of {size} bytes", 2),
        (cut_off, "truncated: {less} of {size} bytes", 2),
        (oversized, "oversized: more than {size} bytes", 1),
        (wrong, "wrong: its SHA-256 is", 1),
        (html, "HTML page", 1),
        (missing, "HTTP status 404", 1),
        (broken, "HTTP status 503", 2),
        (silent, "no answer within 0.5 s", 1),
        (stalling, "no answer within 0.5 s", 2),
        (dripping, "too slow", 1),
    ],
)
def test_bad_mirror_is_named_and_the_next_one_tried(fault, reason, tries, serve, contents, capsys):
    seen = []
    bad, good = serve({FIRST: fault}, seen), serve()
    params(bad, good)
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    size = len(contents[FIRST])
    [line] = [line for line in capsys.readouterr().err.splitlines() if bad in line]
    assert line.startswith(f"{bad}: {FIRST}: ")
    assert reason.format(size=size, less=size - 5) in line
    assert [name for name, _ in seen] == [FIRST] * tries


def test_refused_connection_and_nonsense_are_reported(serve, contents, capsys):
    closed = "http://127.0.0.1:1/"
    params(closed, "http://[nonsense/", "no/such/folder", serve())
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    lines = capsys.readouterr().err
    assert f"{closed}: {FIRST}: [Errno" in lines
    assert "http://[nonsense/: " in lines
    assert f"no/such/folder: {FIRST}: there is no such folder" in lines


def test_a_second_try_may_succeed(serve, contents, capsys):
    tries = []

    def once(handler, content, done):
        tries.append(1)
        (broken if len(tries) == 1 else lambda h, c, d: send(h, c))(handler, content, done)

    params(serve({FIRST: once}))
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert len(tries) == 2
    assert "503" not in capsys.readouterr().err


def test_two_incomplete_mirrors_make_a_whole(serve, contents):
    params(serve({NAMES[0]: missing}), serve({NAMES[3]: wrong}))
    fetch.main(Path("raw"))
    assert without_record(state()) == contents


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
    assert f"copies: {FIRST}: there is no such file in this folder" in capsys.readouterr().err


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
    url = serve({NAMES[3]: html})  # the last file: the other three have come by then
    params(dataset="digits")
    fetch.main(Path("raw"))
    before = state()
    params(url)
    with pytest.raises(InputError, match=url):
        fetch.main(Path("raw"))
    assert state() == before


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

    fetch.main(Path("raw"), retry_fallback=True)
    assert state() == without_record(fallen)
    fetch.main(Path("raw"))
    assert state() == fallen  # the same bytes again

    params(serve())
    fetch.main(Path("raw"))
    assert without_record(state()) == contents
    assert record()["fallback"] is False


def test_retry_is_silent_where_nothing_fell_back(contents, capsys):
    fetch.main(Path("nowhere"), retry_fallback=True)
    folder("raw", {"dataset.json": b'{"name": "MNIST", "fallback": false}'})
    folder("damaged", {"dataset.json": b"{"})
    before = state(), state("damaged")
    fetch.main(Path("raw"), retry_fallback=True)
    fetch.main(Path("damaged"), retry_fallback=True)
    assert (state(), state("damaged")) == before
    assert capsys.readouterr() == ("", "")


def test_digits_on_purpose_are_scikit_learns_in_mnists_form(capsys):
    params(dataset="digits")
    fetch.main(Path("raw"))
    assert record()["name"] == "scikit-learn digits"
    assert record()["fallback"] is False
    assert "not MNIST" not in capsys.readouterr().err
    labels = [read_idx(Path("raw") / NAMES[i], ()) for i in (1, 3)]
    assert [len(part) for part in labels] == [1437, 360]
    assert sorted([*labels[0], *labels[1]]) == sorted(load_digits().target)
    for images in (read_idx(Path("raw") / NAMES[i], (28, 28)) for i in (0, 2)):
        for image in images:
            sides = [int(image.any(axis=axis).sum()) for axis in (0, 1)]
            assert 19 <= max(sides) <= 20
            assert center_of_mass(image) == pytest.approx((14, 14), abs=1)
