"""What all rows are measured with."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stages.datasets.splits import Split, load_split
from stages.project.paths import pipeline_path

THREADS = 2  # of all rivals


@dataclass
class Setting:
    """The pipeline's files, and how thorough it is to be.

    Args:
        repeats: of each measurement.
        quick: whether fewer rivals and rows do.
    """

    repeats: int
    quick: bool

    @property
    def processed(self) -> Path:
        """The folder of the splits."""
        return pipeline_path("processed").absolute()

    @property
    def model(self) -> Path:
        """The file of the trained model."""
        return pipeline_path("model").absolute()

    @cached_property
    def train(self) -> Split:
        return load_split(self.processed / "train.npz")

    @cached_property
    def test(self) -> Split:
        return load_split(self.processed / "test.npz")
