"""How much memory there is, by what the system tells."""

from pathlib import Path

import pytest

from dnn.base import free_memory as memory
from dnn.base.errors import InputError
from dnn.base.free_memory import free_memory, need_memory, of_groups


def group(folder, limit, used, dropped):
    folder.mkdir(parents=True, exist_ok=True)
    Path(folder, "memory.max").write_text(f"{limit}\n")
    Path(folder, "memory.current").write_text(f"{used}\n")
    Path(folder, "memory.stat").write_text(f"anon 7\ninactive_file {dropped}\n")


def test_the_least_of_all_groups_counts(tmp_path, monkeypatch):
    root = tmp_path / "groups"
    monkeypatch.setitem(memory.GROUPS, "", (str(root), *memory.GROUPS[""][1:]))
    group(root, "max", 5, 0)
    group(root / "a", 1000, 700, 100)
    group(root / "a" / "b", 5000, 1000, 0)
    own = tmp_path / "own"
    own.write_text("1:name=systemd:/\n0::/a/b\n")
    assert list(of_groups(own)) == [4000, 400]
    monkeypatch.setattr(memory, "of_groups", lambda: of_groups(own))
    assert free_memory() == 400
    with pytest.raises(InputError, match=r"a training takes at least 3.0 GB of memory, of which 0.0 GB are free; wait"):
        need_memory(3 * 10**9, "a training", "wait")
    need_memory(400, "a training", "wait")


def test_the_groups_of_the_first_version_are_read_too(tmp_path, monkeypatch):
    monkeypatch.setitem(memory.GROUPS, "memory", (str(tmp_path), *memory.GROUPS["memory"][1:]))
    Path(tmp_path, "memory.limit_in_bytes").write_text("1000\n")
    Path(tmp_path, "memory.usage_in_bytes").write_text("900\n")
    Path(tmp_path, "memory.stat").write_text("total_inactive_file 50\n")
    own = tmp_path / "own"
    own.write_text("9:cpu,cpuacct:/\n4:memory:/not/mounted/here\n")
    assert list(of_groups(own)) == [150]


def test_where_nothing_is_told_nothing_is_refused(tmp_path, monkeypatch):
    for source in ("of_machine", "of_groups"):
        monkeypatch.setattr(memory, source, lambda: iter(()))
    assert free_memory() is None
    need_memory(10**30, "a training", "wait")
    assert list(of_groups(tmp_path / "none")) == []
