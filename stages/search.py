"""Search for better parameters: Optuna chooses them, successive halving ends those that show no promise."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.search`")


from pathlib import Path
from typing import Annotated

import typer

from stages.project import cli
from stages.project.paths import top
from stages.tuning.budget import FACTOR, Plan, Pruner
from stages.workers.parallel import Backend, Count, Engine, Scheduler, Workers

PLACE = Path(".search/studies.journal")  # for people, outside of what DVC tracks


def main(
    trials: Annotated[int, typer.Option(min=1, help="End with so many trials, those of earlier runs among them")] = 100,
    minutes: Annotated[
        float, typer.Option(min=0, help="End after so many minutes; 0: only show what was found before")
    ] = 10,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of a whole training")] = 45,
    shortest: Annotated[
        int, typer.Option(min=1, help=f"Epochs to the first judgement; {FACTOR} times to the next")
    ] = 5,
    generation: Annotated[int, typer.Option(min=1, help="Trials that begin at the same time")] = 8,
    pruner: Annotated[Pruner, typer.Option(help="What ends trials early")] = Pruner.HALVING,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the trials' values")] = 0,
    space: Annotated[
        Path | None, typer.Option(help="YAML file with types and ranges, by default stages/tuning/search.yaml")
    ] = None,
    study: Annotated[str, typer.Option(help="Name of the study; one that is there is continued")] = "search",
    storage: Annotated[
        Path | None, typer.Option(help=f"Optuna's journal file, for any number of studies, by default {PLACE}")
    ] = None,
    write: Annotated[bool, typer.Option("--apply", help="Write the winner into params.yaml")] = False,
    experiments: Annotated[int, typer.Option(min=0, help="Make DVC experiments of so many of the best")] = 0,
    backend: Backend = Engine.LOCAL,
    workers: Count = None,
    scheduler: Scheduler = None,
) -> None:
    """Try parameters by their loss on the validation set, never on the test set; run again, it continues."""
    from stages.project import params  # imported here, so that `--help` does not wait for pandas and SciPy
    from stages.tuning.run import run
    from stages.tuning.space import SHIPPED

    training_seed = params.load(params.Train).seed
    plan = Plan(trials, minutes, epochs, shortest, generation, pruner, seed, training_seed)
    run(
        plan,
        space or SHIPPED,
        storage or top() / PLACE,
        study,
        Workers(backend, workers, scheduler),
        write,
        experiments,
    )


if __name__ == "__main__":
    cli.run(main, "python -m stages.search --minutes 5 --apply")
