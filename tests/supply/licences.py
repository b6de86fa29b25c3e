"""LICENSES.md: the licence of every pinned package, as the package tells it.

    python -m tests.supply.licences

reads the packages that are installed, in exactly the pinned version. Of the others (for another system, another Python,
another environment) the table keeps what it says, so that it can be run in one environment after the other.
"""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from dnn.base.files import replacing
from tests.supply.pins import WHAT_FOR, Pin, pins

TABLE = Path("LICENSES.md")
NONE = "none told"
UNREAD = "not read"
HEAD = f"""# Licences of the packages that make installs

The project itself is under the MIT licence (`LICENSE`) and contains none of them. Each licence is what the package's
metadata tell: `License-Expression` (PEP 639), or else the classifiers, or else the first line of the field `License`.
`{NONE}` means that they tell nothing, `{UNREAD}` that the package was installed nowhere where this table was made.
`make licences` reads what is installed and leaves the rest of the table as it was.
"""


def licence(distributed) -> tuple[str, str]:
    """What an importlib.metadata.Distribution tells of its licence, and the field that tells it."""
    told = distributed.metadata
    if expression := told.get("License-Expression"):
        return expression, "expression"
    classified = [entry.split(" :: ") for entry in told.get_all("Classifier", []) if entry.startswith("License ::")]
    if named := [parts[-1] for parts in classified if parts[-1] != "OSI Approved"]:
        return "; ".join(named), "classifiers"
    lines = (told.get("License") or "").strip().splitlines()
    if lines and lines[0] != "UNKNOWN":
        return lines[0].strip(), "field"
    return NONE, ""


def installed(pin: Pin) -> tuple[str, str] | None:
    """The licence and its field; None where the package is not installed in exactly the pinned version."""
    try:
        found = distribution(pin.name)
    except PackageNotFoundError:
        return None
    return licence(found) if found.version == pin.version else None


def rows(text: str) -> dict[tuple[str, str], tuple[str, str]]:
    """The licence and its field for every name and version in a table."""
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    return {(name, version): (told, field) for name, version, told, field, _ in cells}


def table(before: str) -> str:
    """The text of the table, after the one before it, from which what is not installed here is taken."""
    known = rows(before)
    parts = [HEAD]
    for file, what_for in WHAT_FOR.items():
        parts.append(
            f"\n## {what_for} (`{file}`)\n\n| package | version | licence | told by | where |\n|---|---|---|---|---|\n"
        )
        for pin in pins(file):
            told, field = installed(pin) or known.get((pin.name, pin.version), (UNREAD, ""))
            where = pin.marker.replace('"', "'")
            cells = (pin.name, pin.version, told.replace("|", "/"), field, where)
            parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


def main() -> None:
    """Write the table and say what it does not know."""
    text = table(TABLE.read_text(encoding="utf-8") if TABLE.exists() else "")
    with replacing(TABLE) as temporary:
        temporary.write_text(text, encoding="utf-8")
    for (name, version), (told, _) in rows(text).items():
        if told in (NONE, UNREAD):
            print(f"{name} {version}: {told}")


if __name__ == "__main__":
    main()
