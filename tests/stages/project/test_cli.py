"""Every command as people meet it: its help, and one line for a mistake."""

import ast
import importlib
import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer

from dnn.base.errors import InputError
from stages.project import cli, paths

COMMANDS = sorted(path.stem for path in Path("stages").glob("[!_]*.py"))
CONFLICT = "<<<<<<< HEAD\n  seed: 0\n=======\n  seed: 1\n>>>>>>> other\n"
SLOW = {"dvc", "dvclive", "distributed", "matplotlib", "optuna", "pandas", "scipy", "sklearn"}  # to import
HELP = """
import contextlib, io, json, runpy, sys
sys.argv[0] = name = sys.argv.pop(1)
with contextlib.redirect_stdout(io.StringIO()) as help, contextlib.suppress(SystemExit):
    runpy.run_module("stages." + name, run_name="__main__")
print(json.dumps([help.getvalue(), sorted(name for name in sys.modules if "." not in name)]))
"""


def help_of(*words):
    done = subprocess.run([sys.executable, "-c", HELP, *words, "--help"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_comes_without_what_is_slow_to_import_and_ends_with_an_example(name):
    text, modules = help_of(name)
    assert SLOW & set(modules) == set()
    start, _, words = text.splitlines()[-1].partition(f"Example: python -m stages.{name}")
    assert not start.strip()
    module = importlib.import_module(f"stages.{name}")
    app = getattr(module, "app", None) or cli.app()
    if not app.registered_commands:
        app.command()(module.main)
    typer.main.get_command(app).make_context("", words.split())  # which raises where it does not fit


@pytest.mark.parametrize("command", ["list", "run", "compare"])
def test_help_of_the_commands_of_an_app_ends_with_an_example(command):
    text, _ = help_of("experiments", command)
    assert text.splitlines()[-1].startswith(f"  Example: python -m stages.experiments {command}")


def test_help_is_printed_as_it_was_written():
    assert "pip install -e '.[export]'" in help_of("export")[0]


@pytest.mark.parametrize("path", sorted(Path("stages").rglob("*.py")), ids=str)
def test_help_of_arguments_begins_with_a_capital_and_ends_without_a_full_stop(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Argument", "typer.Option"):
            [text] = [ast.unparse(word.value).strip("f\"'") for word in node.keywords if word.arg == "help"]
            assert text[0].isupper()
            assert text[-1] not in ".;, "


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_run_as_a_file_says_how_to_run_it(name):
    done = subprocess.run([sys.executable, f"stages/{name}.py", "--help"], capture_output=True, text=True)
    said = f"error: run it from the top of the project as `python -m stages.{name}`\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("list | true", "0", ""),  # the status of the last
        ("list | head -1", "0", ""),
        ("list > /dev/full", "1", "error: the standard output: No space left on device\n"),
        ("list >&-", "0", ""),
        ("--help > /dev/full", "1", "error: the standard output: No space left on device\n"),
    ],
)
def test_an_output_that_takes_nothing_more_is_one_line_at_most(command, status, said):
    line = f"{sys.executable} -m stages.experiments {command}; echo $? >&2"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True)
    assert done.stderr == f"{said}{status}\n"


def test_letters_that_the_output_cannot_encode_are_escaped():
    code = "from stages.project import cli; cli.run(lambda: print('\\u65e5'))"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\\u65e5\n", "")


def main(number: Annotated[int, typer.Argument()], fault: str = "") -> None:
    """A command."""
    faults = {
        "input": InputError("too large: 3"),
        "file": FileNotFoundError(2, "No such file", "a.txt"),
        "rename": IsADirectoryError(21, "Is a directory", ".a-temporary", None, "a"),
        "disk": OSError(28, "No space left"),
        "pipe": BrokenPipeError(32, "Broken pipe"),
        "remote": InputError("it says \x1b[31m\x9b \x07"),
        "long": InputError("x" * 200_000),
    }
    if fault == "exit":
        raise typer.Exit(5)
    if fault:
        raise faults[fault]


@pytest.fixture
def leave(monkeypatch, capsys):
    """Run a function or an app: -> exit status, standard error."""

    def call(main, *words):
        monkeypatch.setattr(sys, "argv", ["program", *words])
        with pytest.raises(SystemExit) as left:
            cli.run(main)
        out, err = capsys.readouterr()
        assert out == ""
        return left.value.code or 0, err

    return call


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["1"], 0, ""),
        (["1", "--fault", "exit"], 5, ""),
        (["1", "--fault", "input"], 1, "error: too large: 3\n"),
        (["1", "--fault", "file"], 1, "error: a.txt: No such file\n"),
        (["1", "--fault", "rename"], 1, "error: a: Is a directory\n"),
        (["1", "--fault", "disk"], 1, "error: No space left\n"),
        (["1", "--fault", "pipe"], 1, ""),
        (["1", "--fault", "remote"], 1, "error: it says \\x1b[31m\\x9b \\x07\n"),
        (["1", "--fault", "long"], 1, f"error: {'x' * 997}...\n"),
        ([], 2, "error: Missing argument 'number'; see program --help\n"),
        (["x"], 2, "error: Invalid value for 'number': 'x' is not a valid int; see program --help\n"),
        (["1", "--bad"], 2, "error: No such option: --bad; see program --help\n"),
        (["1", "2"], 2, "error: Got unexpected extra argument(s) (2); see program --help\n"),
        (["1", "--fault"], 2, "error: Option '--fault' requires an argument\n"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(leave, words, status, message):
    assert leave(main, *words) == (status, message)


def test_a_stage_without_paths_takes_those_of_dvc_yaml_from_any_folder(tmp_path, monkeypatch, capsys):
    def toy(path: Path, loud: bool = False) -> None:
        print(Path.cwd(), path, loud)

    (tmp_path / "dvc.yaml").write_text(
        "vars: [{path: {a: b}}]\nstages: {toy: {cmd: 'python -m stages.toy ${path.a}/c'}}"
    )
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    for words, said in ([], f"{tmp_path} b/c False"), (["--loud"], f"{tmp_path} b/c True"), (["x"], "/ x False"):
        monkeypatch.chdir("/")
        monkeypatch.setattr(sys, "argv", ["/stages/toy.py", *words])
        with pytest.raises(SystemExit) as left:
            cli.run(toy)
        assert (left.value.code or 0, capsys.readouterr().out) == (0, f"{said}\n")
    monkeypatch.chdir("/")
    monkeypatch.setattr(sys, "argv", ["mnist toy", "--help"])
    with pytest.raises(SystemExit):
        cli.run(toy, "python -m stages.toy x")
    assert capsys.readouterr().out.endswith("Without paths it takes those of dvc.yaml.\n  Example: mnist toy x\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_while_a_command_is_imported_leaves_without_a_word(name):
    code = f"""
import runpy, sys, typer
typer.Argument = typer.Option = typer.Typer.command = lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt)
runpy.run_module("stages.{name}", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (-2, "", "")


@pytest.mark.parametrize("command", ["`make repro`", "`dvc repro deliver`"])
def test_who_is_sent_to_the_pipeline_while_it_is_at_work_is_told_so(leave, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    Path("dvc.yaml").touch()
    Path(".dvc/tmp").mkdir(parents=True)

    def main():
        raise InputError(f"a is missing; {command} makes it")

    plain = f"error: a is missing; {command} makes it"
    note = {"pid": os.getpid(), "cmd": "dvc repro"}
    for notes, at_work in [
        ({"write": {"a": note}, "read": {}}, True),
        ({"write": {}, "read": {"a": [{"pid": 2**22 + 1, "cmd": "dvc"}, note]}}, True),
        ({"write": {"a": {"pid": 2**22 + 1, "cmd": "dvc"}}, "read": {}}, False),
        ({"write": [], "read": 3}, False),
    ]:
        Path(".dvc/tmp/rwlock").write_text(json.dumps(notes))
        told = f"; the pipeline is at work now, as process {os.getpid()}: wait for its end" if at_work else ""
        assert leave(main) == (1, f"{plain}{told}\n")
    monkeypatch.setenv("DVC_STAGE", "train")
    Path(".dvc/tmp/rwlock").write_text(json.dumps({"write": {"a": note}, "read": {}}))
    assert leave(main) == (1, f"{plain}\n")


WARN = """
import warnings
from dnn.base.errors import TrainingWarning
from stages.project import cli
cli.run(lambda: [warnings.warn("scale it", kind) for kind in (TrainingWarning, UserWarning)] and None)
"""


def test_a_warning_of_a_training_is_one_line():
    done = subprocess.run([sys.executable, "-c", WARN], capture_output=True, text=True, check=True)
    first, second = done.stderr.splitlines()
    assert first == "warning: scale it"
    assert second.endswith("UserWarning: scale it")  # another one with its place in the code


def test_an_app_names_its_commands(leave):
    app = cli.app("About.")
    app.command("first")(main)
    app.command("second")(main)
    assert leave(app) == (2, "error: Missing command; see program --help\n")
    assert leave(app, "frst") == (2, "error: No such command 'frst'. Did you mean 'first'; see program --help\n")
    assert leave(app, "first", "--bad") == (2, "error: No such option: --bad; see program first --help\n")


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
