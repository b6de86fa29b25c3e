import pytest

from stages.comparison import records
from tests.experiments import Repository


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository, the current folder, whose experiments stand for those that DVC lists."""
    monkeypatch.chdir(tmp_path)
    made = Repository(tmp_path)
    monkeypatch.setattr(records, "show_experiments", made.show)
    return made
