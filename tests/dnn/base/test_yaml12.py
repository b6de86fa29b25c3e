"""YAML as DVC reads it, and its mistakes by name and line."""

import os
from pathlib import Path

import pytest
from dvc.utils.serialize import parse_yaml

from dnn.base.errors import InputError
from dnn.base.yaml12 import parse, read
from stages.project.kernels import wanted

CONFLICT = "<<<<<<< HEAD\n  seed: 0\n=======\n  seed: 1\n>>>>>>> other\n"
MERGES = "a0: &a0 {a: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12))


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml", "dvc.lock"])
def test_files_are_read_as_dvc_reads_them(name):
    assert read(name) == parse_yaml(Path(name).read_text(), name)


@pytest.mark.parametrize(
    "text",
    ["010", "1:30", "yes", "on", "1e2", "5e-05", "1_000", "0o17", ".5", "+1", "~", "'1'", "True", "0x1F", "[1e1, a]"],
)
def test_values_are_read_as_dvc_reads_them(text):
    expected = parse_yaml(f"a: {text}", "a")["a"]
    assert parse(text, "a") == expected
    assert type(parse(text, "a")) is type(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", r"file: line 3 has the key \"a\" again; remove one of them"),
        (f"{'k' * 500}: 1\n" * 2, r"file: line 2 has the key \"k+\.\.\. again; remove"),
        (f"a: 1\n<<<<<<< {'x' * 10**5}\n", r"file: line 2 is <<<<<<< x+\.\.\., which git has left"),
        ("a: 1\nb: \x07\n", "file is not valid YAML: line 2 has the character 0x7, which no text has"),
        ("a: 1\nb: [1, 2\nc: 3\n", "file is not valid YAML: line 2: while parsing a flow sequence; line 3: expected"),
        (MERGES, "file is not valid YAML: line 6: << brings more than 10,000 keys together"),
        (f"a:\n{CONFLICT}", "file: line 2 is <<<<<<< HEAD, which git has left"),
        ("a: 1\n=======\nb: 2\n", "file: line 2 is =======, which git has left"),
        ("a: 1\r\n>>>>>>> x\r\n", "file: line 2 is >>>>>>> x, which git has left"),
        ("a: {", "file is not valid YAML: .*line 1"),
        ("a: !!python/object:os.x {}", "file is not valid YAML"),
        ("a: 2026-13-45", "file is not valid YAML"),
        (f"a: {'9' * 5000}", "file is not valid YAML"),
    ],
)
def test_mistakes_are_named_with_their_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse(text, "file")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_a_file_that_no_one_has_written_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("params.yaml")
    for make, said in [
        (lambda: os.mkfifo(path), "is a pipe or a device"),
        (lambda: path.symlink_to("/dev/zero"), "is a pipe or a device"),
        (path.mkdir, "is a folder"),
        (lambda: path.symlink_to("params.yaml"), "cannot be read: Too many levels of symbolic links"),
    ]:
        make()
        assert wanted() == "portable"
        with pytest.raises(InputError, match=f"params.yaml {said}; run the command from the top of the project"):
            read(path)
        (path.rmdir if path.is_dir() and not path.is_symlink() else path.unlink)()
    path.write_text("a" * 10**5 + "\n")
    assert wanted() == "portable"
    with pytest.raises(InputError, match=r"params.yaml has 100,001 bytes, it should have at most 100,000"):
        read(path)


def test_kernels_are_chosen_by_the_same_reader(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text, kernels in (("train: {kernels: native}", "native"), ("train: {kernels: native, kernels: a}", "portable")):
        Path("params.yaml").write_text(text)
        assert wanted() == kernels
