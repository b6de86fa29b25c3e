"""The same training over several seeds: how far does chance move the result?"""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.seeds`")


from pathlib import Path
from typing import Annotated

import typer

from dnn.base.locks import locked
from stages.project import cli
from stages.project.paths import pipeline_path
from stages.workers.parallel import Backend, Count, Engine, Scheduler, Workers


def main(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from train.seed on")] = 5,
    settings: Annotated[
        list[str] | None, typer.Option("--set-param", "-S", help="NAME=VALUE, such as train.epochs=20; any number")
    ] = None,
    preset: Annotated[str, typer.Option(help="A preset; by default the parameters are those of params.yaml")] = "",
    table: Annotated[Path | None, typer.Option(help="CSV file, by default accuracy/seeds.csv in the reports")] = None,
    replaces: Annotated[
        bool, typer.Option("--replace", help="Remove the rows of other code, parameters or data when all is done")
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(help="Folder that shall have all the models; of ensembles models/presets by default"),
    ] = None,
    backend: Backend = Engine.LOCAL,
    workers: Count = None,
    scheduler: Scheduler = None,
) -> None:
    """Train with seed after seed; run again, it continues. Chance is here that of weights, order and distortion."""
    # imported here, so that `--help` does not wait for pandas and SciPy
    from stages.accuracy.ensembles import repeat
    from stages.accuracy.seeds import Asked

    table = table or pipeline_path("seeds")
    with locked(table):
        who = Workers(backend, workers, scheduler)
        repeat(Asked(seeds, table, who, settings or [], preset, replaces, keep))


if __name__ == "__main__":
    cli.run(main, "python -m stages.seeds --preset cnn --seeds 5")
