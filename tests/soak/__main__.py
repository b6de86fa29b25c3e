"""`make soak`: what can be lost, and what can be let in? Every row tries to, for half an hour in all.

python -m tests.soak [--minutes 2] [--only mirrors] [--record FILE]
"""

import json
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from dnn.base.errors import InputError
from stages.project import cli
from tests.soak import record
from tests.soak.rows import ROWS, Result

AT_ONCE = 2
LATE = 300  # seconds beyond its own time after which a row is ended


def main(
    minutes: Annotated[float, typer.Option(min=0.1, help="about; what each row must try takes a minute more")] = 27.0,
    only: Annotated[list[str] | None, typer.Option(help=f"these rows: {', '.join(ROWS)}")] = None,
    record_to: Annotated[Path, typer.Option("--record", help="file for the figures")] = record.PATH,
) -> None:
    """Kill, starve, deceive and disturb the project, and see that nothing is lost and nothing let in."""
    if unknown := set(only or ()) - ROWS.keys():
        raise InputError(f"--only {unknown.pop()}: known are {', '.join(ROWS)}")
    names, started = only or list(ROWS), datetime.now(UTC)
    seconds = {name: ROWS[name].share * minutes * 60 * AT_ONCE / sum(ROWS[n].share for n in names) for name in names}
    results: list[Result] = []
    with TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name, ThreadPoolExecutor(AT_ONCE) as pool:
        folder = Path(name, "project")
        made = pool.submit(make, folder, all(ROWS[name].alone for name in names))
        order = sorted(names, key=lambda name: (not ROWS[name].alone, -ROWS[name].share))
        running = [pool.submit(run, name, seconds[name], folder, made) for name in order]
        for done in as_completed(running):
            results.append(done.result())
            print(record.line(results[-1]), *results[-1].failures, sep="\n    ", flush=True)
    results.sort(key=lambda result: names.index(result.name))
    record.save(record_to, record.new(results, started, minutes))
    if failed := sum(result.failed for result in results):
        raise InputError(f"{failed} of {sum(result.tried for result in results):,} tries failed; {record_to} has some")
    print(f"nothing was lost and nothing let in, in {sum(result.tried for result in results):,} tries; {record_to}")


def make(folder: Path, needless: bool) -> None:
    """The small project, in a process of its own, as that of a row must have computed nothing."""
    folder.mkdir()
    if not needless:
        done = subprocess.run([sys.executable, "-m", "tests.soak.project", folder], capture_output=True, text=True)
        if done.returncode:
            raise InputError(f"the small project cannot be made: {done.stdout[-1000:]}{done.stderr[-1000:]}")


def run(name: str, seconds: float, folder: Path, made: Future[None]) -> Result:
    """A row in a process of its own, so that none can end the others, and each has its own memory."""
    if not ROWS[name].alone:
        made.result()
    command = [sys.executable, "-m", "tests.soak.rows", name, f"{seconds}", folder]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=seconds + LATE)
    except subprocess.TimeoutExpired:
        return Result(name, ROWS[name].what, ROWS[name].most, failed=1, failures=["it hangs"])
    try:
        return Result(**json.loads(done.stdout.rpartition("\n")[2]))
    except ValueError:
        return Result(
            name, ROWS[name].what, ROWS[name].most, failed=1, failures=[f"its process ended with {done.returncode}"]
        )


if __name__ == "__main__":
    cli.run(main)
