"""`make soak`: what can be lost, and what can be let in? Every row tries to, for half an hour in all.

python -m tests.soak [--minutes 2] [--only mirrors] [--record FILE]
"""

from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from dnn.base.errors import InputError
from stages.project import cli
from tests.soak import record
from tests.soak.clock import AT_ONCE, Clock
from tests.soak.inspected import ended
from tests.soak.rows import ROWS, Result

SHORT = 5  # minutes
HANGING = 240  # seconds after which a try is said to hang


def main(
    minutes: Annotated[float, typer.Option(min=0.1, help="then no try begins; a tenth later, none goes on")] = 27.0,
    only: Annotated[
        list[str] | None, typer.Option(help=f"these rows, beside which the record keeps the others: {', '.join(ROWS)}")
    ] = None,
    record_to: Annotated[Path, typer.Option("--record", help="file for the figures")] = record.PATH,
) -> None:
    """Kill, starve, deceive and disturb the project, and see that nothing is lost and nothing let in."""
    if unknown := set(only or ()) - ROWS.keys():
        raise InputError(f"--only {unknown.pop()}: known are {', '.join(ROWS)}")
    names, started = only or list(ROWS), datetime.now(UTC)
    clock = Clock({name: (ROWS[name].start, ROWS[name].share) for name in names}, minutes * 60)
    results: list[Result] = []
    with TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name, ThreadPoolExecutor(AT_ONCE) as pool:
        folder = Path(name, "project")
        folder.mkdir()
        made = pool.submit(make, folder, clock, all(ROWS[name].alone for name in names))
        # where there is little time, what begins at once goes first, else what takes long
        order = sorted(names, key=lambda name: ROWS[name].start if minutes < SHORT else -ROWS[name].share)
        running = [pool.submit(run, name, clock, folder, made) for name in order]
        for done in as_completed(running):
            results.append(done.result())
            print(record.line(results[-1]), *results[-1].failures, sep="\n    ", flush=True)
    results.sort(key=lambda result: names.index(result.name))
    tried_now = record.new(results, started, minutes)
    record.save(record_to, record.beside(record_to, tried_now, list(ROWS)))
    if failed := sum(result.failed for result in results):
        raise InputError(f"{failed} of {sum(result.tried for result in results):,} tries failed; {record_to} has some")
    print(f"nothing was lost and nothing let in, in {sum(result.tried for result in results):,} tries; {record_to}")


def make(folder: Path, clock: Clock, needless: bool) -> bool:
    """The small project, in a process of its own, as a row computes nothing before it forks: was there time?"""
    if needless:
        return True
    done = ended(["-m", "tests.soak.project", folder], clock.last, folder.parent)
    if done.status:
        raise InputError(f"the small project cannot be made: {done.said[-1000:]}")
    return done.status == 0


def run(name: str, clock: Clock, folder: Path, made: Future[bool]) -> Result:
    """A row in a process of its own, so that none can end the others, and each has its own memory."""
    result = Result(name, ROWS[name].what, ROWS[name].most)
    if not ROWS[name].alone and not made.result():
        return result
    with clock.share(name) as seconds:
        done = ended(["-m", "tests.soak.rows", name, f"{seconds}", folder], clock.last, folder.parent)
    result = Result.last(done.said) or result
    if done.status:
        result.failed += 1
        result.failures.append(f"its process ended with {done.status}: {done.said[-1000:]}")
    elif done.status is None and done.silent > HANGING:
        result.failed += 1
        result.failures.append(f"a try had not ended after {done.silent:.0f} s")
    return result


if __name__ == "__main__":
    cli.run(main)
