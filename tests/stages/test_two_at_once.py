"""Every command that writes what another process is writing stops before it has done anything."""

import runpy
import sys
from pathlib import Path

import pytest
import yaml

from dnn.base.locks import locked
from stages.training.checkpoints import lock_of

PIPELINE = yaml.safe_load(Path("dvc.yaml").read_text())
PATHS = PIPELINE["vars"][0]["path"]


def resolved(text):
    for name, path in PATHS.items():
        text = text.replace(f"${{path.{name}}}", path)
    return text


def outputs(stage):
    """The files of a stage, or the folders where its command names folders."""
    about = PIPELINE["stages"][stage]
    found = [next(iter(out)) if isinstance(out, dict) else out for out in about["outs"] + about.get("metrics", [])]
    words = resolved(about["cmd"]).split()
    paths = [Path(resolved(out)) for out in found]
    return sorted({path if str(path) in words else path.parent for path in paths})


WRITTEN = {stage: outputs(stage) for stage in PIPELINE["stages"] if stage != "train"}
WRITTEN |= {"train": [Path(PATHS["trained"], "model.npz"), Path(PATHS["trained"], "reports")]}


@pytest.mark.parametrize(("stage", "path"), [(stage, path) for stage, paths in WRITTEN.items() for path in paths])
def test_a_stage_stops_where_another_process_writes_its_output(stage, path, tmp_path, monkeypatch, capsys):
    words = resolved(PIPELINE["stages"][stage]["cmd"]).split()
    stops(words[2:], path, stage == "train", tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["stages.seeds", "--table", "t.csv"], "t.csv"),
        (["stages.seeds"], PATHS["seeds"]),
        (["stages.fetch"], PATHS["raw"]),
    ],
)
def test_a_command_stops_where_another_process_writes_its_output(words, path, tmp_path, monkeypatch, capsys):
    stops(words, Path(path), False, tmp_path, monkeypatch, capsys)


def stops(words, path, elsewhere, tmp_path, monkeypatch, capsys):
    for name in ("dvc.yaml", "params.yaml"):
        (tmp_path / name).write_bytes(Path(name).read_bytes())
    module = words[0]
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.delitem(sys.modules, module, raising=False)
    with locked(path, lock_of(path) if elsewhere else None):
        before = sorted(Path().rglob("*"))
        with pytest.raises(SystemExit) as end:
            runpy.run_module(module, run_name="__main__")
        assert sorted(Path().rglob("*")) == before
    assert end.value.code == 1
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert error.startswith(f"error: {path} is being written by process ")
