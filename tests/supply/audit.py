"""Known vulnerabilities of all pinned packages, asked of the Python Packaging Advisory Database by pip-audit.

    python -m tests.supply.audit

ends with status 0 where none are known, 1 where some are, and 3 where that could not be asked, wholly or in part: then
nothing is known about the packages that it names. It asks for the pins of every system and Python, not only this one's.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.version import Version

from tests.supply.pins import WHAT_FOR, pins

PIP_AUDIT = (".venv/audit/bin/python", "-m", "pip_audit")
NONE, FOUND, UNASKED = 0, 1, 3  # make ends with 2 of its own


def asked() -> set[tuple[str, str]]:
    """Every pinned name and version; without the +cpu of a build, which databases do not know."""
    return {(pin.name, Version(pin.version).public) for file in WHAT_FOR for pin in pins(file)}


def batches(packages: set[tuple[str, str]]) -> list[dict[str, str]]:
    """The packages in as few parts as have each name once, since pip-audit takes no two versions of one."""
    parts: list[dict[str, str]] = []
    for name, version in sorted(packages):
        part = next((part for part in parts if name not in part), None)
        if part is None:
            parts.append(part := {})
        part[name] = version
    return parts


def answer(packages: dict[str, str]) -> list[dict]:
    """What pip-audit says of each package: with "vulns" where it was asked, else with "skip_reason".

    ConnectionError where it did not answer. Its exit status would not tell that: it is 1 also where some are found.
    """
    with tempfile.TemporaryDirectory() as folder:  # with an empty cache: an old answer is none
        file = Path(folder, "requirements.txt")
        file.write_text("".join(f"{name}=={version}\n" for name, version in packages.items()), encoding="utf-8")
        options = ("--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off", "--timeout", "30")
        call = (*PIP_AUDIT, *options, "--cache-dir", f"{folder}/cache", "--requirement", str(file))
        done = subprocess.run(call, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    try:
        answered = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = [line for line in done.stderr.splitlines() if line.strip() and "Tip:" not in line]
        raise ConnectionError(lines[-1] if lines else f"pip-audit ended with status {done.returncode}") from None
    if {entry["name"] for entry in answered} != set(packages):
        raise ConnectionError("pip-audit answered about other packages than it was asked about")
    return answered


def report(answered: list[dict]) -> int:
    """Print what was found and what could not be asked, and return the status that says so."""
    found = [entry for entry in answered if entry.get("vulns")]
    skipped = [entry for entry in answered if "vulns" not in entry]
    for entry in found:
        for vulnerability in entry["vulns"]:
            mended = ", ".join(vulnerability["fix_versions"]) or "no version"
            print(f"{entry['name']} {entry['version']}: {vulnerability['id']}, mended in {mended}")
    if skipped and len(skipped) == len(answered):
        print(
            f"could not ask about any package ({skipped[0]['skip_reason']} ...): nothing is known about vulnerabilities"
        )
        return UNASKED
    for entry in skipped:
        print(f"could not ask about {entry['name']} ({entry['skip_reason']}): nothing is known about it")
    print(f"{len(answered) - len(skipped)} packages asked about, {len(found)} of them with known vulnerabilities")
    return FOUND if found else UNASKED if skipped else NONE


def main() -> int:
    """Ask about all pins; the exit status."""
    try:
        return report([entry for packages in batches(asked()) for entry in answer(packages)])
    except (ConnectionError, FileNotFoundError) as error:
        print(f"could not ask pip-audit ({error}): nothing is known about vulnerabilities", file=sys.stderr)
        return UNASKED


if __name__ == "__main__":
    sys.exit(main())
