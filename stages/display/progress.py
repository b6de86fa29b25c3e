"""The progress of a training, in a terminal or as plain lines."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dnn.training.trainer import Trainer


class ProgressBar:
    """A bar with loss and accuracy; where the output is no terminal, a line for every tenth of the training.

    Args:
        epochs: how many the training may take.
    """

    def __init__(self, epochs: int) -> None:
        self.console = Console()
        self.epochs = epochs
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.bar = Progress(*columns, TimeRemainingColumn(), console=self.console)
        self.task = self.bar.add_task("training", total=epochs)

    def __enter__(self) -> "ProgressBar":
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop() if self.console.is_terminal else None

    def __call__(self, trainer: Trainer) -> None:
        row = trainer.history[-1]
        text = (
            f"loss {row['train_loss']:.4f}, validation loss {row['val_loss']:.4f}, accuracy {row['val_accuracy']:.2%}"
        )
        self.bar.update(self.task, completed=row["epoch"], description=text)
        if not self.console.is_terminal and (row["epoch"] % max(self.epochs // 10, 1) == 0 or trainer.stop):
            print(f"epoch {row['epoch']:>3} of {self.epochs}: {text}", flush=True)
