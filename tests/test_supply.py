"""What make installs: pinned with hashes, its licences listed, its vulnerabilities asked for."""

import os
import subprocess
import tomllib
from email.message import Message
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dnn
from tests.supply import audit, licences
from tests.supply.pins import WHAT_FOR, pins

PROJECT = tomllib.loads(Path("pyproject.toml").read_text())


def pinned(*files):
    return {pin.name: pin for file in files for pin in pins(file)}


@pytest.mark.parametrize("file", WHAT_FOR)
def test_every_pin_has_hashes(file):
    assert [pin for pin in pins(file) if not pin.hashes] == []
    assert {len(one) for pin in pins(file) for one in pin.hashes if one.startswith("sha256:")} == {71}
    assert all(one.startswith("sha256:") for pin in pins(file) for one in pin.hashes)
    assert "://" not in Path(file).read_text(), "a registry is a matter of the machine"


@pytest.mark.parametrize("file", [name for name in WHAT_FOR if name != "requirements.txt"])
def test_pins_that_files_share_agree(file):
    base = {(pin.name, pin.version) for pin in pins("requirements.txt")}
    shared = {(pin.name, pin.version) for pin in pins(file) if pin.name in pinned("requirements.txt")}
    assert shared <= base


@pytest.mark.parametrize("text", ["numpy>=2\n", "numpy==2.*\n", "numpy\n"])
def test_what_is_no_exact_version_is_no_pin(tmp_path, text):
    (tmp_path / "requirements.txt").write_text(text)
    with pytest.raises(ValueError, match=r"requirements\.txt: numpy.* has no exact version$"):
        list(pins(tmp_path / "requirements.txt"))


OWN = " --no-index --no-deps --no-build-isolation --editable ."  # the project itself, for which nothing is fetched


def recipe(*targets):
    """The lines that make would run for targets of which nothing is there yet."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    call = ("make", "--dry-run", "--always-make", *targets)
    return subprocess.run(call, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("target", ["setup", "repro", "test", "torch", "bench", "lint", "format", "licences", "audit"])
def test_make_installs_nothing_without_hashes(target):
    lines = [line for line in recipe(target) if "pip install" in line]
    installing = [line for line in lines if not line.endswith(OWN)]
    assert installing
    assert len(lines) == len(installing) + 1
    assert [line for line in installing if line.count("pip install") != line.count("--require-hashes")] == []
    assert [line for line in installing if line.count("pip install") != line.count(" -r ")] == []


def test_the_check_before_a_change_lands_installs_by_make_alone():
    assert "pip" not in Path(".ci/run").read_text().split()


def test_a_build_from_source_uses_the_pinned_setuptools(tmp_path):
    """pip would fetch what a build asks for without a hash: it is there before, and pip fetches nothing for builds."""
    before, then, own = (line for line in recipe("setup") if "pip install" in line)
    listed = before.split(" | ")[0]
    (tmp_path / "requirements.txt").write_text(subprocess.check_output(["sh", "-c", listed], text=True))
    (pin,) = pins(tmp_path / "requirements.txt")
    (wanted,) = map(Requirement, PROJECT["build-system"]["requires"])
    assert pin.name == wanted.name == "setuptools"
    assert pin.hashes
    assert wanted.specifier.contains(pin.version)
    assert "--no-build-isolation" in then
    assert own.endswith(OWN)


def test_pytorch_is_the_one_that_pyproject_names():
    (wanted,) = (entry for entry in PROJECT["project"]["optional-dependencies"]["bench"] if "torch" in entry)
    assert f"torch=={pinned('requirements-bench.txt')['torch'].version}" == wanted
    assert f"torch=={pinned('requirements-cpu.txt')['torch'].version}" == f"{wanted}+cpu"


def test_what_pytorch_needs_is_pinned():
    """pip is told to look for no dependencies of it, so that one without a pin would be missing."""
    if not (installed := list(metadata.distributions(name="torch"))):
        pytest.skip("PyTorch is not installed")
    builds = "requirements-cpu.txt" if installed[0].version.endswith("+cpu") else "requirements-bench.txt"
    needed, seen = ["torch"], set()
    while needed:
        name = needed.pop()
        seen.add(canonicalize_name(name))
        wanted = map(Requirement, metadata.requires(name) or [])
        wanted = [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
        needed += [one for one in wanted if canonicalize_name(one) not in seen]
    assert seen - set(pinned("requirements.txt", builds)) == set()


def test_the_table_of_licences_is_what_the_packages_tell():
    text = licences.TABLE.read_text()
    assert licences.table(text) == text, "run `make licences`"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            [("License-Expression", "MIT"), ("Classifier", "License :: OSI Approved :: BSD License")],
            ("MIT", "expression"),
        ),
        ([("Classifier", "License :: OSI Approved :: BSD License"), ("License", "X")], ("BSD License", "classifiers")),
        (
            [("Classifier", "License :: OSI Approved :: A"), ("Classifier", "License :: Other/Proprietary License")],
            ("A; Other/Proprietary License", "classifiers"),
        ),
        ([("Classifier", "License :: OSI Approved"), ("License", "EPL-2.0")], ("EPL-2.0", "field")),
        ([("License", "\nBSD 3-Clause License\n\nCopyright\n")], ("BSD 3-Clause License", "field")),
        ([("Classifier", "Programming Language :: Python"), ("License", "UNKNOWN")], ("none told", "")),
        ([], ("none told", "")),
    ],
)
def test_where_a_licence_is_read(fields, told):
    told_by = Message()
    for name, value in fields:
        told_by[name] = value
    assert licences.licence(SimpleNamespace(metadata=told_by)) == told


def test_the_table_keeps_what_is_not_installed_here(tmp_path, monkeypatch):
    """Another version of a package than the pinned one tells nothing about it."""
    pin = "--hash=sha256:0"
    (tmp_path / "pinned.txt").write_text(f"nothing-such==1 {pin}\nnumpy==0.1 {pin}\nother-such==2 {pin}\n")
    monkeypatch.setattr(licences, "WHAT_FOR", {tmp_path / "pinned.txt": "a test"})
    before = "| nothing-such | 1 | MIT | field |  |\n| other-such | 1 | MIT | field |  |\n"
    assert licences.rows(licences.table(before)) == {
        ("package", "version"): ("licence", "told by"),
        ("---", "---"): ("---", "---"),
        ("nothing-such", "1"): ("MIT", "field"),
        ("numpy", "0.1"): ("not read", ""),
        ("other-such", "2"): ("not read", ""),
    }


def test_the_audit_asks_about_every_pin_of_every_system():
    batches = audit.batches(audit.asked())
    asked = {package for batch in batches for package in batch.items()}
    assert asked >= {("pywin32", pinned("requirements.txt")["pywin32"].version)}
    assert asked >= {(pin.name, pin.version) for pin in pins("requirements.txt")}
    assert {version for name, version in asked if name == "torch"} == {
        pinned("requirements-bench.txt")["torch"].version
    }


CLEAN = '{"name": "a", "version": "1", "vulns": []}'
BAD = '{"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}'
SKIPPED = '{"name": "b", "skip_reason": "not found"}'


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        (f"""echo '{{"dependencies": [{CLEAN}, {CLEAN.replace('"a"', '"b"')}]}}'""", 0, "2 packages asked about, 0 of"),
        (f"""echo '{{"dependencies": [{CLEAN}, {BAD}]}}'; exit 1""", 1, "b 2: PYSEC-1, mended in 3"),
        (
            f"""echo '{{"dependencies": [{CLEAN}, {SKIPPED}]}}'""",
            3,
            "could not ask about b (not found): nothing is known",
        ),
        (
            f"""echo '{{"dependencies": [{SKIPPED}, {SKIPPED.replace('"b"', '"a"')}]}}'""",
            3,
            "could not ask about any package (not found ...): nothing is known about vulnerabilities",
        ),
        (f"""echo '{{"dependencies": [{CLEAN}]}}'""", 3, "could not ask pip-audit (pip-audit answered about other"),
        (
            "echo Traceback >&2; echo 'ConnectionError: no network' >&2; exit 1",
            3,
            "could not ask pip-audit (ConnectionError: no network): nothing is known about vulnerabilities",
        ),
        (
            "exit 0",
            3,
            "could not ask pip-audit (pip-audit ended with status 0): nothing is known about vulnerabilities",
        ),
    ],
)
def test_the_audit_says_what_is_known_and_what_not(monkeypatch, capsys, script, status, said):
    monkeypatch.setattr(audit, "PIP_AUDIT", ("sh", "-c", script))
    monkeypatch.setattr(audit, "asked", lambda: {("a", "1"), ("b", "2")})
    assert audit.main() == status
    output = capsys.readouterr()
    assert said in output.out + output.err
    assert ("nothing is known" in output.out + output.err) == (status == 3)


def test_the_audit_without_its_environment(monkeypatch, capsys):
    monkeypatch.setattr(audit, "PIP_AUDIT", ("/nothing/such",))
    assert audit.main() == 3
    assert "nothing is known about vulnerabilities" in capsys.readouterr().err


def test_the_version_is_told_once_and_repeated_where_it_must_be():
    assert "version" in PROJECT["project"]["dynamic"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "dnn.__version__"}
    cited = yaml.safe_load(Path("CITATION.cff").read_text())
    assert (cited["version"], cited["license"]) == (dnn.__version__, PROJECT["project"]["license"])


def test_types_are_part_of_the_package():
    assert Path("dnn/py.typed").exists()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["*"]
