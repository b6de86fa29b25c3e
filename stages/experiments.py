"""Many experiments: ready-made comparisons, each one command, and any experiments side by side."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.experiments`")


from textwrap import fill
from typing import Annotated

import typer

from stages.project import cli
from stages.workers.parallel import Backend, Count, Engine, Scheduler, Workers

app = cli.app(__doc__, "python -m stages.experiments list")


# Each command imports what it needs, so that `--help` does not wait for pandas and SciPy.
@app.command("list", epilog=cli.epilog("python -m stages.experiments list"))
def list_comparisons() -> None:
    """List the ready-made comparisons."""
    from stages.comparison.declared import load_comparisons

    for name, comparison in load_comparisons().items():
        start = f"{name:<20} {len(comparison.runs)} runs  "
        print(fill(comparison.question, 80, initial_indent=start, subsequent_indent=" " * len(start)))
    print("\n`python -m stages.experiments run NAME` runs one;")
    print("stages/comparison/comparisons.yaml declares them")


@app.command(epilog=cli.epilog("python -m stages.experiments run learning-rates"))
def run(
    name: Annotated[str, typer.Argument(help="A ready-made comparison; `list` lists them")],
    settings: Annotated[
        list[str] | None, typer.Option("--set-param", "-S", help="NAME=VALUE for all its runs, such as train.epochs=50")
    ] = None,
    backend: Backend = Engine.LOCAL,
    workers: Count = None,
    scheduler: Scheduler = None,
) -> None:
    """Run a ready-made comparison. What is there already is kept; run it again after a stop."""
    from stages.comparison.run import run

    if not run(name, settings or [], Workers(backend, workers, scheduler)):
        raise typer.Exit(1)


@app.command(epilog=cli.epilog("python -m stages.experiments compare learning-rates"))
def compare(
    experiments: Annotated[
        list[str] | None, typer.Argument(help="Experiments or ready-made comparisons; all experiments if none is given")
    ] = None,
) -> None:
    """Put experiments side by side: table, figure, and a paragraph of what they show."""
    from stages.comparison.run import compare

    compare(experiments or [])


if __name__ == "__main__":
    cli.run(app)
