"""Each place where DVC's experiments cannot be made, as git and DVC find it, is told with its remedy."""

import subprocess
from pathlib import Path

import pytest

from dnn.base.errors import InputError
from stages.project import place


def git(*words):
    subprocess.run(["git", *words], check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a params.yaml, not in git."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    Path("params.yaml").touch()
    return folder


@pytest.fixture
def repository(folder):
    """The same with a commit."""
    git("init", "--quiet")
    git("config", "user.name", "tester")
    git("config", "user.email", "tester@example.org")
    git("add", "--all")
    git("commit", "--quiet", "--message", "start")
    return folder


def refused(said, *names):
    with pytest.raises(InputError, match=f"^{said}.*$"):
        place.need_temporary(*names)


def test_a_repository_with_a_commit_is_well(repository):
    place.need_temporary("one", "two-0.01")
    assert list(place.remarks()) == []


def test_a_folder_without_git_is_told_the_commands_that_make_it_one(folder, tmp_path, monkeypatch):
    refused("this folder is no git repository, which experiments need; `git init && git add --all && git commit")
    for variable in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(variable, "tester")
    for variable in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(variable, "tester@example.org")
    subprocess.run(["sh", "-c", place.FIRST_COMMIT], check=True, capture_output=True)
    place.need_temporary("one")


def test_an_empty_repository(folder):
    git("init", "--quiet")
    refused("nothing is committed here")
    assert list(place.remarks()) == []


def test_a_repository_of_another_user_is_told_gits_own_remedy(repository, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    said = "git does not trust this folder, as another user owns it; "
    said += f"`git config --global --add safe.directory {repository}`"
    refused(said)
    assert [remark.startswith(said) for remark in place.remarks()] == [True]


def test_git_is_not_there(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    refused("git is not installed, or not on the PATH")
    assert list(place.remarks()) == []


def test_a_shallow_clone_loses_experiments(repository, tmp_path, monkeypatch):
    git("commit", "--quiet", "--allow-empty", "--message", "more")
    git("clone", "--quiet", "--depth", "1", f"file://{repository}", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    refused("this is a shallow clone, in which DVC loses .*; `git fetch --unshallow` mends it")
    place.need_commit()  # to look at experiments is allowed
    git("fetch", "--quiet", "--unshallow")
    place.need_temporary()


@pytest.mark.parametrize("name", ["50%", "a#b", "why?"])
def test_a_path_that_dvc_takes_for_an_address(repository, monkeypatch, name):
    other = repository.with_name(name)
    repository.rename(other)
    monkeypatch.chdir(other)
    refused(rf"DVC loses what .* where the project's path has [%#?], as {other.parent}.*; move the project")


def test_letters_beyond_ascii_trouble_dvc_alone(repository, monkeypatch):
    other = repository.with_name("Übung")
    repository.rename(other)
    monkeypatch.chdir(other)
    place.need_temporary()
    (remark,) = place.remarks()
    assert "dvc cache dir --local" in remark
    git("config", "user.name", "Jürgen")
    assert ".git/config as ASCII" in list(place.remarks())[1]
    Path(".dvc").mkdir()
    Path(".dvc/config.local").touch()
    assert len(list(place.remarks())) == 1


@pytest.mark.parametrize("name", ["a b", "a/b", "a..b", "a~1", "", "x.lock", "-^"])
def test_names_that_git_does_not_take(repository, name):
    refused(".*is no name for an experiment", "good", name)
