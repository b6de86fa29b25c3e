"""Train the members of an ensemble at the same time, on any number of workers; `dvc repro` then collects them."""

from typing import Annotated

import typer

from stages.project import cli, params
from stages.workers.in_advance import train_ahead
from stages.workers.parallel import Backend, Count, Scheduler, Workers


def main(
    members: Annotated[
        int | None, typer.Option(min=1, help="How many; by default train.members of params.yaml")
    ] = None,
    backend: Backend = "local",
    workers: Count = None,
    scheduler: Scheduler = None,
) -> None:
    """Train the members that params.yaml describes, ahead of `dvc repro`."""
    count = members or params.load(params.Train).members
    train_ahead([{"train.members": count}], Workers(backend, workers, scheduler))
    setting = f" -S train.members={count}" if members else ""
    print(f"`dvc {'exp run' if members else 'repro'}{setting}` collects them")


if __name__ == "__main__":
    cli.run(main, "python -m stages.ensemble --members 5")
