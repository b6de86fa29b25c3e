"""The memory that there is to be had, and the refusal of what takes more."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dnn.base.errors import InputError

# limit, use and statistics of a control group, under the root of its kind; see man 7 cgroups
GROUPS = {
    "": ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    "memory": ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def need_memory(size: int, what: str, remedy: str) -> None:
    """Raise InputError where there is less memory than that, before it is taken: the system kills who takes too much.

    Args:
        size: bytes, at least.
        what: needs it, the beginning of the message.
        remedy: its end.
    """
    free = free_memory()
    if free is not None and size > free:
        raise InputError(
            f"{what} takes at least {size / 1e9:,.1f} GB of memory, of which {free / 1e9:,.1f} GB are free; {remedy}"
        )


def free_memory() -> int | None:
    """Bytes that this process can still take, of the machine and of the control groups that it is in, as of a
    container; None where the system does not tell.
    """
    known = [*of_machine(), *of_groups()]
    return max(0, min(known)) if known else None


def of_machine() -> Iterator[int]:
    """Bytes that are free, or can be made so without swapping; outside of Linux those that the machine has."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        yield next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
            yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def of_groups(own: Path = Path("/proc/self/cgroup")) -> Iterator[int]:
    """Bytes left in each control group with a limit that the process is in, caches that can be dropped among them."""
    with suppress(OSError):
        for line in own.read_text(encoding="utf-8").splitlines():
            _, kinds, path = line.split(":", 2)
            for kind in GROUPS.keys() & set(kinds.split(",")):
                root, limit, use, dropped = GROUPS[kind]
                inside = Path(root, path.lstrip("/"))
                for group in (inside, *inside.parents):
                    if group.is_relative_to(root):
                        with suppress(OSError, ValueError):  # it is not mounted here, or has no limit: "max"
                            figures = dict(f.split() for f in (group / "memory.stat").read_text("ascii").splitlines())
                            most, used = (int((group / name).read_text("ascii")) for name in (limit, use))
                            yield most - used + int(figures.get(dropped, 0))
