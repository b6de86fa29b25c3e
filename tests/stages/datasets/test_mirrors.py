"""Mirrors that misbehave (`tests/stages/conftest.py` has them), and those that pack the files in other ways."""

import gzip
import io
import os
import resource
import time
import zipfile

import numpy as np
import pytest

from stages.datasets.mirrors import Mirror, take_from_any
from stages.datasets.published import PUBLISHED

NAME = "train-images-idx3-ubyte"
FIRST = f"{NAME}.gz"


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("stages.datasets.mirrors.download", lambda *_: bytes(2000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match=rf"File too large: '{tmp_path}/mnist\.zip'"):
            Mirror("https://127.0.0.1/mnist.zip", tmp_path).archive("https://127.0.0.1/mnist.zip", lambda *_: None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def take(tmp_path):
    """Ask the mirrors for a file: -> its content, None where there is none; the lines of the report."""

    def ask(*addresses, name=NAME, of="mnist"):
        order, lines, counts = [Mirror(address, tmp_path) for address in addresses], [], []
        end = time.monotonic() + 1.5 * len(addresses)
        content = take_from_any(order, name, PUBLISHED[of].files[name], lambda *n: counts.append(n), lines.append, end)
        assert sorted(mirror.address for mirror in order) == sorted(addresses)
        assert order[0].address == addresses[len(lines) % len(addresses)]  # those that failed are behind the others
        ask.counts = counts
        return content, lines

    return ask


@pytest.mark.parametrize(
    ("fault", "reason", "tries"),
    [
        ("truncated", "it is truncated: its {less} bytes are not a whole gzip file", 2),
        ("cut off", "it is truncated: 5 bytes did not come", 2),
        ("oversized", "oversized: more than 6,504 bytes", 1),
        ("wrong", "it is a damaged gzip file", 1),
        ("html", "it is an HTML page", 1),
        ("broken", "HTTP status 503", 2),
        ("silent", "no answer within 0.5 s", 1),
        ("stalling", "no answer within 0.5 s", 2),
        ("dripping", "too slow", 1),
    ],
)
def test_a_bad_mirror_is_named_and_the_next_one_tried(fault, reason, tries, serve, contents, take):
    seen = []
    bad = serve({FIRST: fault}, seen)
    content, [line] = take(bad, serve())
    assert content == contents[NAME]
    assert line.startswith(f"{bad}: {NAME}: ")
    assert reason.format(less=len(gzip.compress(content, mtime=0)) - 5) in line
    assert [name for name, _ in seen] == [FIRST] * tries
    assert all("Python-urllib" not in agent for _, agent in seen)


def test_a_mirror_without_the_file_is_asked_for_its_other_names_once(serve, contents, take):
    seen = []
    content, [line] = take(serve({FIRST: "missing"}, seen), serve())
    assert content == contents[NAME]
    assert "HTTP status 404" in line
    four = [FIRST, NAME, "train-images.idx3-ubyte.gz", "train-images.idx3-ubyte"]
    assert [name for name, _ in seen] == [*four, *four, "mnist.zip", "mnist.npz"]


def test_refused_connection_and_nonsense_are_reported(serve, contents, take):
    closed = "http://127.0.0.1:1/"
    content, lines = take(closed, "http://[nonsense/", "no/such/folder", serve())
    assert content == contents[NAME]
    assert lines[0].startswith(f"{closed}: {NAME}: [Errno")
    assert lines[1].startswith("http://[nonsense/: ")
    assert lines[2:] == [f"no/such/folder: {NAME}: there is no such folder"]


def test_no_mirror_has_it(serve, take):
    content, lines = take(serve({FIRST: "missing"}), serve({FIRST: "wrong"}))
    assert content is None
    assert len(lines) == 2


def test_a_redirect_leads_to_the_web_alone(serve, contents, take):
    def to(place):
        def redirect(handler, content, done):
            handler.send_response(302)
            handler.send_header("Location", place)
            handler.end_headers()

        return redirect

    good = serve()
    assert take(serve({FIRST: to(good + FIRST)})) == (contents[NAME], [])
    for place in ("ftp://127.0.0.1/file", "file:///etc/passwd", "data:,x"):
        content, [line] = take(serve({FIRST: to(place)}), good)
        assert content == contents[NAME]
        assert f"Redirection to url '{place}' is not allowed" in line


def test_other_kinds_of_address_are_named(take):
    _, lines = take("ftp://127.0.0.1/", "file:///tmp/")
    assert all("only http, https and folders are read" in line for line in lines)
    _, lines = take("~no-such-user/x", "a\0b", "\ud800", "/dev/null/x", "x" * 5000)
    assert all("there is no such folder" in line for line in lines[:4])
    assert "File name too long" in lines[4]
    assert all(line.isprintable() and len(line) < 700 for line in lines)


def test_what_a_mirror_says_moves_no_cursor(serve, take):
    def rude(handler, content, done):
        handler.wfile.write(b"HTTP/1.0 503 \x1b[2J\x9b31m\x07" + b"x" * 5000 + b"\r\n\r\n")

    content, [line] = take(serve({FIRST: rude}))
    assert content is None
    assert line.isprintable()
    assert r"\x1b[2J" in line
    assert len(line) < 700


def test_a_pipe_in_a_folder_is_no_file_to_wait_for(take, tmp_path):
    os.mkfifo(tmp_path / NAME)
    content, [line] = take(str(tmp_path))
    assert content is None
    assert "there is no such file in it" in line


def test_a_slow_mirror_leaves_time_to_the_next_one(serve, contents, take):
    started = time.monotonic()
    content, lines = take(serve({FIRST: "dripping"}), serve({FIRST: "dripping"}), serve())
    assert content == contents[NAME]
    assert ["too slow: its time is over after" in line for line in lines] == [True, True]
    assert time.monotonic() - started < 4


def test_progress_tells_how_much_has_come_of_how_much(serve, contents, take):
    take(serve())
    size = len(gzip.compress(contents[NAME], mtime=0))
    assert take.counts[-1] == (size, size)


def test_a_second_try_may_succeed(serve, contents, take):
    tries = []

    def once(handler, content, done):
        tries.append(1)
        handler.send_response(503 if len(tries) == 1 else 200)
        handler.end_headers()
        handler.wfile.write(content)

    assert take(serve({FIRST: once})) == (contents[NAME], [])
    assert len(tries) == 2


def npz(contents):
    """Keras's mnist.npz of these files."""
    file = io.BytesIO()
    arrays = [np.frombuffer(content, np.uint8) for content in contents.values()]
    np.savez_compressed(
        file,
        x_train=arrays[0][16:].reshape(-1, 28, 28),
        y_train=arrays[1][8:],
        x_test=arrays[2][16:].reshape(-1, 28, 28),
        y_test=arrays[3][8:],
    )
    return file.getvalue()


def zipped(contents):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in contents.items():
            archive.writestr(f"some/folder/{name.replace('-idx', '.idx')}", content)
    return file.getvalue()


PACKINGS = {
    "unpacked": lambda contents: contents,
    "dots": lambda contents: {name.replace("-idx", ".idx"): content for name, content in contents.items()},
    "recompressed": lambda contents: {f"{name}.gz": gzip.compress(c, 1, mtime=1) for name, c in contents.items()},
    "nested": lambda contents: {f"MNIST/raw/{name}.gz": gzip.compress(c) for name, c in contents.items()},
    "zip": lambda contents: {"mnist.zip": zipped(contents)},
    "npz": lambda contents: {"mnist.npz": npz(contents)},
}


@pytest.fixture(params=PACKINGS)
def files(request, contents):
    return PACKINGS[request.param](contents)


def test_a_folder_is_a_mirror_in_any_packing(tmp_path, files, contents, take):
    for name, content in files.items():
        (tmp_path / "copies" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "copies" / name).write_bytes(content)
    for name, content in contents.items():
        assert take(str(tmp_path / "copies"), name=name) == (content, [])
    if len(files) == 1:
        assert take(str(tmp_path / "copies" / next(iter(files)))) == (contents[NAME], [])


def test_a_web_address_is_a_mirror_in_any_packing(files, contents, serve, take):
    by_last = {path.rpartition("/")[2]: content for path, content in files.items()}
    missing = {f"{name}.gz": "missing" for name in contents}

    def given(content):
        def answer(handler, right, done):
            handler.send_response(200)
            handler.end_headers()
            handler.wfile.write(content)

        return answer

    url = serve(missing | {name: given(content) for name, content in by_last.items()})
    for name, content in contents.items():
        assert take(url, name=name) == (content, [])
    if len(files) == 1:
        assert take(f"{url}{next(iter(files))}") == (contents[NAME], [])


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        (FIRST, b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "is a Git LFS pointer"),
        (NAME, b"<html>", "is an HTML page"),
        ("train.csv", b"label,pixel0\n1,0\n", "has CSV files (train.csv)"),
        (NAME, b"\0\0\x08\x03" + b"\0\0\0\1" * 3 + b"x", "is another data set's: 17 bytes in place of 5,504"),
        (NAME, b"\0\0\x08\x03\0\0\0\1", "is truncated: 8 of 5,504 bytes"),
        (NAME, bytes(5504), "is wrong: the SHA-256 of its content is"),
        ("mnist.npz", b"PK", "there is no such file in it"),
        ("other", b"", "there is no such file in it"),
    ],
)
def test_what_people_have_in_place_of_the_files_is_named(tmp_path, file, content, reason, contents, take):
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / file).write_bytes(content)
    found, [line] = take(str(tmp_path / "copies"))
    assert found is None
    assert reason in line
    assert "\n" not in line


def test_the_right_file_is_found_among_others_of_its_name(tmp_path, contents, take):
    for folder, content in {"a": bytes(5504), "b": b"<html>", "c": contents[NAME]}.items():
        (tmp_path / "root" / folder).mkdir(parents=True)
        (tmp_path / "root" / folder / NAME).write_bytes(content)
    assert take(str(tmp_path / "root")) == (contents[NAME], [])


def test_where_only_the_md5_of_the_gz_is_known_that_is_needed(tmp_path, contents, take):
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / NAME).write_bytes(contents[NAME])
    content, [line] = take(str(tmp_path / "copies"), of="fashion_mnist")
    assert content is None
    assert "only the MD5 of its authors' .gz file is public" in line
    (tmp_path / "copies" / FIRST).write_bytes(gzip.compress(contents[NAME], mtime=0))
    assert take(str(tmp_path / "copies"), of="fashion_mnist") == (contents[NAME], [])


def test_a_relative_folder_counts_from_the_project_of_a_temporary_experiment(tmp_path, contents, take, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project/copies").mkdir(parents=True)
    (tmp_path / "project/copies" / NAME).write_bytes(contents[NAME])
    assert take("copies")[0] is None
    monkeypatch.setenv("DVC_ROOT", "project")
    assert take("copies")[0] == contents[NAME]
