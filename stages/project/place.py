"""The place of the project: a repository or none, a path that DVC can use or not; each trouble with its remedy."""

import re
from collections.abc import Iterator

from dnn.base.errors import InputError
from stages.project.git import git, run
from stages.project.paths import top

FIRST_COMMIT = "git init && git add --all && git commit --message start"


def need_commit() -> None:
    """Raise InputError where there is no commit, from which experiments start."""
    done = run("rev-parse", "--verify", "HEAD")
    if done is None:
        raise InputError("git is not installed, or not on the PATH; DVC keeps experiments in it")
    if done.returncode == 0:
        return
    if told := distrust():
        raise InputError(told)
    if git("rev-parse", "--git-dir") is None:
        raise InputError(f"this folder is no git repository, which experiments need; `{FIRST_COMMIT}` makes it one")
    raise InputError("nothing is committed here, and experiments start from a commit; `git add --all && git commit`")


def need_first_commit() -> None:
    """Raise InputError in a repository without a commit, in which DVCLive fails; without a repository it does not."""
    if git("rev-parse", "--git-dir") is not None and git("rev-parse", "--verify", "HEAD") is None:
        raise InputError("nothing is committed here, which DVCLive needs; `git add --all && git commit -m start`")


def need_temporary(*names: str) -> None:
    """Raise InputError where DVC cannot make experiments of these names in temporary folders."""
    need_commit()
    for told in losses():
        raise InputError(told)
    for name in names:
        if "/" in name or git("check-ref-format", f"refs/exps/{name}") is None:
            raise InputError(f"{name} is no name for an experiment: letters, digits, -, _ and single points make one")


def remarks() -> Iterator[str]:
    """Troubles that DVC itself keeps silent about, or tells in words that no one understands."""
    if told := distrust():
        yield f"{told} lets it; until then no record names the commit"
    yield from losses()
    fails = "`dvc exp run --temp` and `--queue` fail here, as DVC writes"
    path, settings = top().resolve(), git("config", "--local", "--list") or ""
    if not str(path).isascii() and not (path / ".dvc" / "config.local").exists():
        remedy = 'ln -s "$PWD/.dvc/cache" LINK && dvc cache dir --local LINK'
        yield f"{fails} the path {path} as ASCII; `{remedy}`, LINK an absolute path in ASCII, mends it"
    if not settings.isascii():
        yield f"{fails} .git/config as ASCII, which it is not: see `git config --local --list`"


def distrust() -> str:
    """Git's own remedy where it does not read the repository, as another user owns it; else empty."""
    done = run("rev-parse", "--git-dir")
    if done is None or "dubious ownership" not in done.stderr:
        return ""
    remedy = re.search(r"git config --global --add safe\.directory .*", done.stderr)
    return f"git does not trust this folder, as another user owns it; `{remedy[0] if remedy else 'git status'}`"


def losses() -> Iterator[str]:
    """Reasons for which DVC loses an experiment of a temporary folder, most often without a word."""
    if (git("rev-parse", "--is-shallow-repository") or "").strip() == "true":
        yield (
            "this is a shallow clone, in which DVC loses what `dvc exp run --temp` and `--queue` did; "
            "`git fetch --unshallow` mends it"
        )
    path = str(top().resolve())
    if found := [letter for letter in "#%?" if letter in path]:
        yield (
            f"DVC loses what `dvc exp run --temp` and `--queue` did where the project's path has {' or '.join(found)}, "
            f"as {path} has; move the project"
        )
