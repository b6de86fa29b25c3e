"""The measurements, one file for each family of processors."""

import json
import os
import platform
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dnn.base.blas import blas, kernels
from dnn.base.files import write_text
from stages.training.environment import processor
from tests.benchmarks.clock import Rival, Row
from tests.benchmarks.load import MUCH
from tests.benchmarks.setting import THREADS

PACKAGES = ("numpy", "torch", "scikit-learn", "onnxruntime")


@dataclass
class Record:
    """A run of the benchmark.

    Args:
        family: the processor's, also the name of the file.
        processor: its model as it calls itself.
        date: of the run, as 2026-11-26.
        software: versions, and the kernels that OpenBLAS chose.
        minutes: how long it took.
        rows: in the order in which they were measured.
    """

    family: str
    processor: str
    date: str
    software: str
    minutes: float
    rows: list[Row]

    def about(self) -> str:
        """A sentence for tables and drawings."""
        disturbed = [row for row in self.rows if (row.disturbed or 0) >= MUCH]
        said = f"disturbed rows: {len(disturbed)} of {len(self.rows)}"
        if all(row.disturbed is None for row in self.rows):
            said = "the load beside it was not measured"
        return f"{self.processor}, {self.date}, {self.software}, {self.minutes:.1f} minutes; {said}"


def new_record(rows: list[Row], started: datetime, minutes: float) -> Record:
    """That of this machine."""
    return Record(family(), processor(), f"{started:%Y-%m-%d}", software(), round(minutes, 1), rows)


def save(folder: Path, record: Record) -> Path:
    """Write it in place of an older one of the same family."""
    path = folder / f"{record.family}.json"
    write_text(path, json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n")
    return path


def load(folder: Path) -> list[Record]:
    """All that are there, the newest first."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    made = [Record(**{**record, "rows": [Row(**row) for row in record["rows"]]}) for record in records]
    return sorted(made, key=lambda record: record.date, reverse=True)


def family(cpuinfo: str | None = None) -> str:
    """The maker of the processor and the numbers by which it tells its design, such as intel-6-143: what Linux knows of
    an x86-64 or an Arm processor; elsewhere its name.

    Args:
        cpuinfo: the text of /proc/cpuinfo; None reads it.
    """
    facts: dict[str, str] = {}
    for line in (_cpuinfo() if cpuinfo is None else cpuinfo).splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    if {"vendor_id", "cpu family", "model"} <= facts.keys():
        maker = re.sub("genuine|authentic", "", facts["vendor_id"].lower())  # GenuineIntel, AuthenticAMD
        parts = [maker, facts["cpu family"], facts["model"]]
    elif {"CPU implementer", "CPU part"} <= facts.keys():
        parts = ["arm", facts["CPU implementer"], facts["CPU part"]]
    else:
        parts = [processor()]
    return re.sub("[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""


def software() -> str:
    """Versions, threads and kernels."""
    library = blas()
    versions = [f"{name} {found}" for name in PACKAGES if (found := installed(name))]
    return ", ".join(
        [
            f"{THREADS} threads on {os.cpu_count()} cores",
            f"{platform.system()}, Python {platform.python_version()}",
            f"{library['name']} {library['version']} with kernels {own_kernels()}",
            *versions,
        ]
    )


def installed(package: str) -> str:
    """Its version; empty where it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def own_kernels() -> str:
    """Those that OpenBLAS chooses itself, which are perhaps not those of this process."""
    with Rival(asked) as rival:
        return rival.run()


def asked() -> Callable[[], str]:
    return kernels
