"""YAML as DVC reads it, and its mistakes by name and line."""

import runpy
import shutil
import sys
from pathlib import Path

import pytest
from dvc.utils.serialize import parse_yaml

from dnn.base.errors import InputError
from stages.project.kernels import wanted
from stages.project.yaml12 import parse, read

COMMANDS = sorted(path.stem for path in Path("stages").glob("[!_]*.py"))
CONFLICT = "<<<<<<< HEAD\n  seed: 0\n=======\n  seed: 1\n>>>>>>> other\n"


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
    assert "\n" not in str(caught.value)


def test_kernels_are_chosen_by_the_same_reader(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text, kernels in (("train: {kernels: native}", "native"), ("train: {kernels: native, kernels: a}", "portable")):
        Path("params.yaml").write_text(text)
        assert wanted() == kernels


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml", "dvc.lock"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_the_marks_of_a_merge(tmp_path, monkeypatch, capsys, command, name):
    for file in ("params.yaml", "dvc.yaml"):
        shutil.copy(file, tmp_path)
    with (tmp_path / name).open("a") as file:
        file.write(f"\n{CONFLICT}")
    line = (tmp_path / name).read_text().splitlines().index("<<<<<<< HEAD") + 1
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [command])
    monkeypatch.delitem(sys.modules, f"stages.{command}", raising=False)
    with pytest.raises(SystemExit) as left:
        runpy.run_module(f"stages.{command}", run_name="__main__")
    assert left.value.code == 1
    assert capsys.readouterr().err.startswith(f"error: {name}: line {line} is <<<<<<< HEAD, which git has left")
    assert {path.name for path in tmp_path.iterdir()} <= {"params.yaml", "dvc.yaml", "dvc.lock"}
