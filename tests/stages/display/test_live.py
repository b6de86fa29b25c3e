from types import SimpleNamespace

import pytest

from stages.display.live_page import LivePage
from stages.display.progress import SearchProgress

ROW = {"learning_rate": 0.1, "train_loss": 0.5, "train_accuracy": 0.8, "val_loss": 0.4, "val_accuracy": 0.9}


@pytest.fixture
def trainer():
    return SimpleNamespace(history=[], stop=False, recipe=SimpleNamespace(epochs=3))


def test_the_page_renews_itself_until_training_ends_and_needs_no_network(trainer, tmp_path):
    page = LivePage(tmp_path / "live.html", "made up", every=0.0)
    for epoch in (1, 2, 3):
        trainer.history.append({"epoch": epoch, **ROW})
        page(trainer)
        text = page.path.read_text()
        assert f"epoch {epoch} of 3" in text
        assert ('http-equiv="refresh"' in text) == (epoch < 3)
        assert "src=" in text
        assert "://" not in text


def test_the_page_is_not_drawn_more_often_than_asked(trainer, tmp_path):
    page = LivePage(tmp_path / "live.html", "made up", every=1000.0)
    for epoch in (1, 2):
        trainer.history.append({"epoch": epoch, **ROW})
        page(trainer)
    assert "epoch 1 of 3" in page.path.read_text()


def test_the_page_of_a_training_that_failed_stays_as_it_was_and_no_longer_renews_itself(trainer, tmp_path):
    page = LivePage(tmp_path / "live.html", "made up", every=0.0)
    page.__enter__()
    assert "Training: the first epoch" in page.path.read_text()
    trainer.history.append({"epoch": 1, **ROW})
    page(trainer)
    page.__exit__(ValueError, None)
    text = page.path.read_text()
    assert "Stopped: epoch 1 of 3" in text
    assert "refresh" not in text
    assert "data:image/png" in text


def test_a_search_without_a_terminal_prints_a_line_for_each_new_best(capsys):
    def trial(number, value, state="COMPLETE"):
        state = SimpleNamespace(name=state, is_finished=lambda: True)
        return SimpleNamespace(number=number, value=value, state=state, user_attrs={"val_accuracy": 0.9})

    trials = []
    with SearchProgress(SimpleNamespace(get_trials=lambda deepcopy: trials), 9, 1.5) as progress:
        for found in (trial(0, None, "PRUNED"), trial(1, 0.5), trial(2, 0.6), trial(3, 0.4)):
            trials.append(found)
            progress.show()
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "2 trials, best is trial 1: loss 0.5000, accuracy 90.00%",
        "4 trials, best is trial 3: loss 0.4000, accuracy 90.00%",
    ]
