"""`make clean` on a project with all that may lie around."""

import subprocess
from pathlib import Path

import pytest

from dnn.base.files import replacing
from dnn.base.locks import locked
from stages import clean
from stages.training import checkpoints, provenance

LITTER = [
    *(
        "data/processed/.train-0123abcd.unfinished.npz",
        "data/raw/.fetch-0123abcd.unfinished/x",
        ".a-0123abcd.unfinished",
    ),
    *(
        "dnn/__pycache__/a.pyc",
        ".mypy_cache/a",
        ".checkpoints/0123456789abcdef.npz",
        ".checkpoints/0123456789abcdef.json",
    ),
    *(".checkpoints/old.dynamics.npz",),
]
STAYS = [
    *(
        "data/processed/train.npz",
        "models/model.npz",
        "reports/live.html",
        ".dvc/cache/.a-0123abcd.unfinished",
        "params.yaml",
    ),
    *(
        ".venv/lib/__pycache__/a.pyc",
        ".checkpoints/now-0123456789abcdef.npz",
        ".other.lock",
        "tracked/__pycache__/a.pyc",
    ),
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setattr(provenance, "engine", lambda: "now")
    monkeypatch.setattr(checkpoints, "beginning", lambda engine: f"{engine}-")
    for name in (*LITTER, *STAYS):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(bytes(10))
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run(["git", "add", "--force", "tracked/__pycache__/a.pyc"], check=True)


def test_what_nothing_needs_goes_and_all_else_stays(project, capsys):
    Path(".killed.lock").write_text("7 2026-01-01 10:00:00 python")
    clean.main()
    assert capsys.readouterr().out.splitlines() == [
        "removed 3 temporaries of killed commands, 0.0 MB",
        "removed 1 locks of killed commands, 0.0 MB",
        "removed 3 files of checkpoints by other code or software, which nothing continues, 0.0 MB",
        "removed 2 caches, 0.0 MB",
        ".checkpoints keeps 1 files, which the same training goes on with; remove it to begin anew",
    ]
    assert [name for name in (*LITTER, ".killed.lock") if Path(name).exists()] == []
    assert [name for name in STAYS if not Path(name).exists()] == []


def test_what_is_in_use_stays(project):
    with locked("model"), locked(".checkpoints/0123456789abcdef.npz"), replacing("new") as new:
        clean.main()
        assert new.exists()
        assert Path(".model.lock").exists()
        assert Path(".checkpoints/0123456789abcdef.npz").exists()
        assert Path(".checkpoints/0123456789abcdef.json").exists()
