"""Many experiments: ready-made comparisons, each one command, and any experiments side by side."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from dnn.base.errors import InputError
from stages.comparison.declared import find_comparison, load_comparisons
from stages.comparison.plan import Planned, make_plan
from stages.comparison.records import Experiment, read_experiments
from stages.comparison.wait import wait
from stages.project import cli
from stages.project.dvc import dvc, enqueue, reason, remove, start
from stages.training.options import options_of, parse_settings
from stages.workers.in_advance import train_ahead
from stages.workers.parallel import Backend, Count, Scheduler, Workers

app = cli.app(__doc__, "python -m stages.experiments list")


@app.command("list", epilog=cli.epilog("python -m stages.experiments list"))
def list_comparisons() -> None:
    """List the ready-made comparisons."""
    for name, comparison in load_comparisons().items():
        print(f"{name:<20} {len(comparison.runs)} runs  {comparison.question}")
    print("\n`python -m stages.experiments run NAME` runs one; stages/comparison/comparisons.yaml declares them")


@app.command(epilog=cli.epilog("python -m stages.experiments run learning-rates"))
def run(
    name: Annotated[str, typer.Argument(help="A ready-made comparison; `list` lists them")],
    settings: Annotated[
        list[str] | None, typer.Option("--set-param", "-S", help="NAME=VALUE for all its runs, such as train.epochs=50")
    ] = None,
    backend: Backend = "local",
    workers: Count = None,
    scheduler: Scheduler = None,
) -> None:
    """Run a ready-made comparison through DVC's queue. What is there already is kept; run it again after a stop."""
    comparison = find_comparison(name)
    runs = comparison.overrides(parse_settings(settings or []))
    for overrides in runs.values():
        options_of(None, overrides)  # a wrong value stops here
    print(f"{comparison.question} {len(runs)} runs. Preparing the data ...", flush=True)
    dvc("repro", "preprocess")
    failed: dict[str, str] = {}
    for _ in range(2):  # again, once, for what a dying worker lost
        plan = make_plan(name, runs, read_experiments())
        ends = go(plan, Workers(backend, workers, scheduler))
        failed = {planned: end for planned, end in ends.items() if end != "done"}
        if "lost" not in failed.values():
            break
    names = [planned.name for planned in plan]
    from stages.comparison.report import report  # Matplotlib takes a while to import

    report([e for e in read_experiments() if e.name in names], name, comparison.question, comparison.why)
    for planned in failed:
        print(f"{planned} {failed[planned]}: {reason(planned)}", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


def go(plan: Sequence[Planned], workers: Workers) -> dict[str, str]:
    """Train ahead, queue what is missing, and wait for all; how each ended."""
    for planned in plan:
        if planned.status != "new":
            print(f"{planned.name}: {planned.status} already, with the same parameters and code")
    missing = [planned for planned in plan if planned.status in ("new", "failed")]
    going = [planned.name for planned in plan if planned.status != "done"]
    if not going:
        return {}
    train_ahead([planned.overrides for planned in plan if planned.status in ("new", "failed", "queued")], workers)
    remove([planned.name for planned in missing if planned.status == "failed"])
    for planned in missing:
        enqueue(planned.name, planned.overrides)
    print(f"{len(going)} experiments in DVC's queue", flush=True)
    start()
    ends = {}
    for name, end in wait(going):
        ends[name] = end
        print(f"{len(ends)} of {len(going)}: {name} {end}", flush=True)
    return ends


@app.command(epilog=cli.epilog("python -m stages.experiments compare learning-rates"))
def compare(
    experiments: Annotated[
        list[str] | None, typer.Argument(help="Experiments or ready-made comparisons; all experiments if none is given")
    ] = None,
) -> None:
    """Put experiments side by side: table, figure, and a paragraph of what they show."""
    from stages.comparison.report import report

    words = experiments or []
    known = read_experiments()
    chosen = [e for word in words for e in select(word, known)] if words else known
    chosen = list({(e.name, e.revision): e for e in chosen}.values())
    shipped = load_comparisons()
    name = words[0] if len(words) == 1 else "chosen" if words else "all"
    about = shipped.get(name)
    report(chosen, name, about.question if about else f"Experiments: {name}", about.why if about else "")


def select(word: str, known: Sequence[Experiment]) -> list[Experiment]:
    """The experiments of that name, of that ready-made comparison, or of that revision."""
    found = [e for e in known if e.name == word]
    if not found and word in load_comparisons():
        found = [e for e in known if e.name.startswith(f"{word}-")]
        if not found and known:
            raise InputError(f"{word} has no experiments yet; `python -m stages.experiments run {word}` makes them")
        return found
    found = found or [e for e in known if len(word) >= 4 and e.revision.startswith(word)]
    if not found:
        names = ", ".join(sorted({e.name for e in known})[:12]) or "none yet"
        raise InputError(f"there is no experiment {word}; there are {names}")
    return found


if __name__ == "__main__":
    cli.run(app)
