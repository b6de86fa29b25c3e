"""What a model's record says, and that it says the same again."""

import json
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from dnn.base.errors import InputError
from stages.project.edit import apply
from stages.training import provenance

PIPELINE = {"stages": {"train": {"deps": ["code", "train.py", "${path.processed}/train.npz"]}}}
PROCESSED = Path("data")


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
    shutil.copy("params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    for name in ("code/net.py", "train.py", "data/train.npz", "data/val.npz", "model.npz"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(name)
    Path("dvc.yaml").write_text(json.dumps(PIPELINE))
    return tmp_path


@pytest.fixture
def repository(project):
    """The same with one commit, of all but the data."""
    git("init", "--quiet")
    git("config", "user.name", "tester")
    git("config", "user.email", "tester@example.org")
    return commit("dvc.yaml", "params.yaml", "code", "train.py")


def write(folder):
    provenance.write(Path(folder), provenance.describe(PROCESSED), Path("model.npz"))
    return (Path(folder) / provenance.FILE).read_bytes()


def test_the_same_bytes_twice_without_paths_and_hosts(repository, project):
    record = write("one")
    assert record == write("two")
    for word in (str(project), platform.node(), platform.release()):
        assert word.encode() not in record
    facts = provenance.read(Path("one", provenance.FILE))
    assert facts["commit"] == repository
    assert facts["environment"]["python"] == platform.python_version()
    for name, file in (("train.npz", "data/train.npz"), ("val.npz", "data/val.npz")):
        assert facts["data"][name] == subprocess.check_output(["sha256sum", file], text=True).split()[0]
    assert facts["model"] == subprocess.check_output(["sha256sum", "model.npz"], text=True).split()[0]


def test_the_commit_is_that_of_the_code(repository):
    Path("results.txt").write_text("better")
    later = commit("results.txt")
    assert provenance.code() == {"commit": repository, "uncommitted_changes": False}
    Path("code/net.py").write_text("other")
    changed = commit("code")
    assert provenance.code()["commit"] == changed not in (repository, later)


@pytest.mark.parametrize(
    ("name", "seen"), [("train.py", True), ("code/new.py", True), ("params.yaml", False), ("data/train.npz", False)]
)
def test_uncommitted_changes_of_the_code_are_seen(repository, name, seen):
    Path(name).write_text("changed: by hand")
    assert provenance.code() == {"commit": repository, "uncommitted_changes": seen}


def test_where_git_knows_nothing_there_is_null(project, monkeypatch):
    nothing = {"commit": None, "uncommitted_changes": None}
    assert provenance.code() == nothing  # no repository
    git("init", "--quiet")
    assert provenance.code() == nothing  # no commit
    monkeypatch.setenv("PATH", "")
    assert json.loads(write("none"))["commit"] is None  # no git
    Path("dvc.yaml").unlink()
    assert provenance.code() == nothing


def test_experiment_seeds_parameters_and_the_model_to_start_from_are_recorded(repository, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "tidy-newt")
    apply({"train.seed": 4, "train.members": 3, "model.start_from": "model.npz"})
    facts = provenance.describe(PROCESSED)
    assert facts["experiment"] == "tidy-newt"
    assert facts["seeds"] == [4, 5, 6]
    assert facts["parameters"]["train"]["members"] == 3
    assert facts["data"]["start_from"] == provenance.digest(Path("model.npz"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "is missing; `dvc repro train`"),
        ("{", "is damaged"),
        ("[1]", "is damaged"),
        ('{"commit": null}', "lacks data"),
        ('{"data": "x", "parameters": {"model": {}}}', "lacks .*data.train.npz, .*parameters.model.start_from"),
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
