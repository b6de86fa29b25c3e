"""Downloads from mirrors that misbehave; `tests/stages/conftest.py` has them."""

import pytest

from stages.datasets.download import download_from_any

FIRST = "train-images-idx3-ubyte.gz"


@pytest.fixture
def download(tmp_path):
    """Ask the mirrors for the first file: -> its content, None where there is none; the lines of the report."""

    def ask(*mirrors, name=FIRST):
        order, lines, counts = list(mirrors), [], []
        found = download_from_any(order, name, tmp_path / name, counts.append, lines.append)
        assert sorted(order) == sorted(mirrors)
        assert order[0] == mirrors[len(lines) % len(mirrors)]  # those that failed are behind the others
        assert not found or counts[-1] == (tmp_path / name).stat().st_size
        return (tmp_path / name).read_bytes() if found else None, lines

    return ask


@pytest.mark.parametrize(
    ("fault", "reason", "tries"),
    [
        ("truncated", "truncated: {less} of {size} bytes", 2),
        ("cut off", "truncated: {less} of {size} bytes", 2),
        ("oversized", "oversized: more than {size} bytes", 1),
        ("wrong", "wrong: its SHA-256 is", 1),
        ("html", "HTML page", 1),
        ("missing", "HTTP status 404", 1),
        ("broken", "HTTP status 503", 2),
        ("silent", "no answer within 0.5 s", 1),
        ("stalling", "no answer within 0.5 s", 2),
        ("dripping", "too slow", 1),
    ],
)
def test_a_bad_mirror_is_named_and_the_next_one_tried(fault, reason, tries, serve, contents, download):
    seen = []
    bad = serve({FIRST: fault}, seen)
    content, [line] = download(bad, serve())
    assert content == contents[FIRST]
    size = len(content)
    assert line.startswith(f"{bad}: {FIRST}: ")
    assert reason.format(size=size, less=size - 5) in line
    assert [name for name, _ in seen] == [FIRST] * tries
    assert all("Python-urllib" not in agent for _, agent in seen)


def test_refused_connection_and_nonsense_are_reported(serve, contents, download):
    closed = "http://127.0.0.1:1/"
    content, lines = download(closed, "http://[nonsense/", "no/such/folder", serve())
    assert content == contents[FIRST]
    assert lines[0].startswith(f"{closed}: {FIRST}: [Errno")
    assert lines[1].startswith("http://[nonsense/: ")
    assert lines[2:] == [f"no/such/folder: {FIRST}: there is no such folder"]


def test_no_mirror_has_it(serve, download):
    content, lines = download(serve({FIRST: "missing"}), serve({FIRST: "wrong"}))
    assert content is None
    assert len(lines) == 2


def test_a_second_try_may_succeed(serve, contents, download):
    tries = []

    def once(handler, content, done):
        tries.append(1)
        handler.send_response(503 if len(tries) == 1 else 200)
        handler.end_headers()
        handler.wfile.write(content)

    assert download(serve({FIRST: once})) == (contents[FIRST], [])
    assert len(tries) == 2


def test_a_folder_is_a_mirror(tmp_path, contents, download):
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / FIRST).write_bytes(contents[FIRST])
    assert download(str(tmp_path / "copies")) == (contents[FIRST], [])
    _, [line] = download(str(tmp_path / "copies"), name="t10k-labels-idx1-ubyte.gz")
    assert line.endswith("copies: t10k-labels-idx1-ubyte.gz: there is no such file in this folder")


def test_a_relative_folder_counts_from_the_project_of_a_temporary_experiment(tmp_path, contents, download, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project/copies").mkdir(parents=True)
    (tmp_path / "project/copies" / FIRST).write_bytes(contents[FIRST])
    assert download("copies")[0] is None
    monkeypatch.setenv("DVC_ROOT", "project")
    assert download("copies")[0] == contents[FIRST]
