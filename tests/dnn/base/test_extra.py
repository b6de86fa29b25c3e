"""The line where a package is missing tells how to install it, from any folder."""

import subprocess
from pathlib import Path

import pytest

from dnn.base.errors import InputError
from dnn.base.extra import extra

PROJECT = Path(__file__).resolve().parents[3]


def test_a_package_that_is_there_is_given():
    assert extra("subprocess", "export") is subprocess


def test_a_package_that_is_missing_is_told_from_any_folder(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"^nothing_such is not installed; run `pip install -e '\.\[export\]'`$"):
        extra("nothing_such.part", "export")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as told:
        extra("nothing_such.part", "search")
    assert str(told.value).endswith(f"run `pip install -e '{PROJECT}[search]'`")
