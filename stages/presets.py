"""Presets: networks with recipes, what each costs and reached, and one command that trains it."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.presets`")


from pathlib import Path
from typing import Annotated

import typer

from dnn.base.locks import locked
from stages.project import cli
from stages.project.paths import pipeline_path, top
from stages.workers.parallel import Backend, Count, Engine, Scheduler, Workers

app = cli.app(__doc__, "python -m stages.presets run cnn")
Name = Annotated[str, typer.Argument(help="A preset; `list` lists them")]


@app.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_presets()


# Each command imports what it needs, so that `--help` does not wait for pandas and SciPy.
@app.command("list", epilog=cli.epilog("python -m stages.presets list"))
def list_presets() -> None:
    """List the presets, as without a command: weights, budget, and what they reached on MNIST's test set."""
    from stages.accuracy.listing import listing

    print(listing(pipeline_path("seeds")))
    print("\n`python -m stages.presets run NAME` trains one, up to the report; stages/accuracy/presets declares them")


@app.command(epilog=cli.epilog("python -m stages.presets run cnn"))
def run(name: Name) -> None:
    """Write a preset into params.yaml and run the pipeline, as `dvc exp run` does; after a stop it goes on."""
    from stages.accuracy.use import run

    run(name)


@app.command(epilog=cli.epilog("python -m stages.presets apply cnn"))
def apply(name: Name) -> None:
    """Write a preset into params.yaml, comments kept; `apply default` brings back what was shipped."""
    from stages.accuracy.use import apply

    apply(name)
    print("`dvc repro` trains it and brings it to the report")


@app.command(epilog=cli.epilog("python -m stages.presets ablation --seeds 4"))
def ablation(
    seeds: Annotated[int, typer.Option(min=2, help="How many seeds of each row")] = 4,
    backend: Backend = Engine.LOCAL,
    workers: Count = None,
    scheduler: Scheduler = None,
) -> None:
    """Train the default with one thing changed at a time, to tell what each is worth; after a stop it goes on."""
    from stages.accuracy.ablation import run

    table = pipeline_path("seeds").with_name("ablation.csv")
    with locked(table):
        run(seeds, table, Workers(backend, workers, scheduler))


@app.command(epilog=cli.epilog("python -m stages.presets robustness"))
def robustness(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of models that `stages.seeds --keep` kept, by default models/presets")
    ] = None,
) -> None:
    """Measure the kept models of presets on digits that are not MNIST's: corrupted ones, and scikit-learn's."""
    from stages.accuracy.robustness import measure
    from stages.accuracy.seeds import kept_models
    from stages.datasets.splits import load_split

    results = pipeline_path("seeds")
    table = results.with_name("robustness.csv")
    with locked(table):
        measure(folder or kept_models(), load_split(pipeline_path("processed") / "test.npz"), table, results)


@app.command(epilog=cli.epilog("python -m stages.presets readme"))
def readme(
    page: Annotated[Path | None, typer.Argument(help="Markdown file with the marks, by default README.md")] = None,
) -> None:
    """Bring the README's result and table of accuracies to what metrics.json and the table of results say."""
    from stages.accuracy.listing import fill

    fill(page or top() / "README.md", pipeline_path("seeds"), pipeline_path("metrics"))


if __name__ == "__main__":
    cli.run(app)
