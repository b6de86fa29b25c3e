"""A model's record, and that it says the same again on any machine."""

import json
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.base.files import sha256
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages.project.edit import apply
from stages.training import provenance
from tests.networks import mlp

PIPELINE = {"stages": {"train": {"deps": ["code", "train.py", "${path.processed}/train.npz"]}}}
PROCESSED = Path("data")
MODEL = Model(mlp([4, 3, 2]), np.arange(2), {"dataset": {"name": "made up"}})
HERE = Path()


def git(*words):
    done = subprocess.run(["git", *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(*names):
    git("add", *names)
    git("commit", "--quiet", "--message", "state")
    return git("rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder as the train stage finds it, not yet in git."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy("params.yaml", folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    for name in ("code/net.py", "train.py", "data/train.npz", "data/val.npz"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(name)
    save_model("model.npz", MODEL)
    Path("dvc.yaml").write_text(json.dumps(PIPELINE))
    return folder


@pytest.fixture
def repository(project):
    """The same with one commit, of all but the data."""
    git("init", "--quiet")
    git("config", "user.name", "tester")
    git("config", "user.email", "tester@example.org")
    return commit("dvc.yaml", "params.yaml", "code", "train.py")


def write(folder):
    provenance.write(Path(folder), provenance.describe(PROCESSED), Path("model.npz"), MODEL)
    return (Path(folder) / provenance.FILE).read_bytes()


def test_the_same_bytes_twice_without_paths_hosts_commits_and_machines(project, repository):
    record = write("one")
    assert record == write("two")
    processor = provenance.machine()["processor"]
    for word in (str(project), platform.node(), platform.release(), platform.python_version(), repository, processor):
        assert word.encode() not in record
    facts = provenance.read(Path("one", provenance.FILE))
    assert facts["software"]["numpy"] == np.__version__
    for name, file in (("train.npz", "data/train.npz"), ("val.npz", "data/val.npz")):
        assert facts["data"][name] == subprocess.check_output(["sha256sum", file], text=True).split()[0]
    assert facts["model"] == subprocess.check_output(["sha256sum", "model.npz"], text=True).split()[0]
    assert facts["dataset"] == {"name": "made up"}
    assert facts["weights"] == 4 * 3 + 3 + 3 * 2 + 2


def test_the_digest_of_the_code_sees_what_trains_and_nothing_else(project):
    before = provenance.code(HERE)
    Path("stages.py").write_text("display")
    Path("params.yaml").write_text("other")
    assert provenance.code(HERE) == before
    Path("code/new.py").write_text("")
    added = provenance.code(HERE)
    assert added != before
    Path("train.py").write_text("other")
    assert provenance.code(HERE) not in (before, added)


def test_the_commit_is_that_of_the_code(repository):
    Path("results.txt").write_text("better")
    later = commit("results.txt")
    assert provenance.origin(HERE) == {"commit": repository, "uncommitted_changes": False}
    Path("code/net.py").write_text("other")
    changed = commit("code")
    assert provenance.origin(HERE)["commit"] == changed not in (repository, later)


def test_a_shallow_clone_does_not_know_the_commit(repository, tmp_path, monkeypatch):
    Path("results.txt").write_text("better")
    commit("results.txt")
    git("clone", "--quiet", "--depth", "1", f"file://{Path.cwd()}", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    assert provenance.origin(HERE) == {"commit": None, "uncommitted_changes": False}


@pytest.mark.parametrize(
    ("name", "seen"), [("train.py", True), ("code/new.py", True), ("params.yaml", False), ("data/train.npz", False)]
)
def test_uncommitted_changes_of_the_code_are_seen(repository, name, seen):
    Path(name).write_text("changed: by hand")
    assert provenance.origin(HERE) == {"commit": repository, "uncommitted_changes": seen}


def test_where_git_knows_nothing_there_is_null(project, monkeypatch):
    nothing = {"commit": None, "uncommitted_changes": None}
    assert provenance.origin(HERE) == nothing  # no repository
    git("init", "--quiet")
    assert provenance.origin(HERE) == nothing  # no commit
    monkeypatch.setenv("PATH", "")
    assert provenance.origin(HERE) == nothing  # no git


def test_seeds_parameters_and_the_model_to_start_from_are_recorded(repository):
    apply({"train.seed": 4, "train.members": 3, "model.start_from": "model.npz"})
    facts = provenance.describe(PROCESSED)
    assert facts["seeds"] == [4, 5, 6]
    assert facts["parameters"]["train"]["members"] == 3
    assert facts["data"]["start_from"] == sha256(Path("model.npz"))


def test_a_run_is_found_by_the_hash_of_its_model_in_the_real_project(project, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "tidy-newt")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "real"))
    record = provenance.run_record(seconds=6.0, epochs=3)
    assert record["experiment"] == "tidy-newt"
    assert record["seconds_per_epoch"] == 2.0
    provenance.write_run(Path("runs"), record, Path("model.npz"))
    md5 = subprocess.check_output(["md5sum", "model.npz"], text=True).split()[0]
    runs = tmp_path / "real/runs"
    assert json.loads((runs / f"{md5}.json").read_text()) == record
    script = (runs / f"{sha256(Path('model.npz'))[:16]}.js").read_text()
    assert json.loads(script.removeprefix("const run = ").removesuffix(";\n")) == record


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is missing; `dvc repro deliver`"),
        ("{", "is not JSON"),
        ("{}", "no seeds, parameters, code, software, data in it"),
        ("[1]", "is another file, or of another version: no seeds, parameters"),
        ('{"code": null}', "no seeds, parameters, code, software, data in it; .*`dvc repro -f deliver` makes it anew"),
        ('{"data": {}, "parameters": {"model": {}}}', "no seeds, parameters.model.start_from, .*, data.train.npz in"),
    ],
)
def test_a_record_that_is_none(tmp_path, text, said):
    file = tmp_path / provenance.FILE
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=said):
        provenance.read(file)


def test_nested_facts_get_dotted_names():
    facts = {"a": {"b": 1, "c": [1, 2]}, "d": [{"e": 2}, 3]}
    assert provenance.flatten(facts) == {"a.b": 1, "a.c": [1, 2], "d.0.e": 2, "d.1": 3}
