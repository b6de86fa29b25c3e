import re
from pathlib import Path

import numpy as np
import pytest

from dnn.base.errors import InputError
from dnn.formats.model_file import save_model
from dnn.model import Model
from stages import draw
from tests.networks import mlp
from tests.splits import noise, save


@pytest.fixture
def project(tmp_path, monkeypatch, rng):
    """A project with a model of the default's size, as the present folder; -> the pages that were opened."""
    monkeypatch.chdir(tmp_path)
    paths = "{model: m/model.npz, doubt: m/doubt.npz, processed: data/processed, draw: reports/draw.html}"
    Path("dvc.yaml").write_text(f"vars: [{{path: {paths}}}]", encoding="utf-8")
    network = mlp([784, 128, 64, 32, 10])
    network.initialize(rng)
    save_model("m/model.npz", Model(network, np.arange(10), {"dataset": {"name": "noise"}}))
    opened = []
    monkeypatch.setattr(draw.webbrowser, "open", opened.append)
    return opened


def test_the_page_is_written_and_opened(project, capsys):
    save(test=noise(1500))
    draw.main()
    page = Path("reports/draw.html")
    assert project == [page.resolve().as_uri()]
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_size < 700_000
    assert re.fullmatch(r"reports/draw\.html: [\d,]+ kB, open it in a browser\n", capsys.readouterr().out)
    assert not re.search("https?://", text)
    assert 1 <= text.count('"pixels"') - draw.MISTAKES <= 10  # of the classes that it answers rightly, one each


def test_another_model_and_place_without_opening(project, capsys):
    Path("m/model.npz").rename("other.npz")
    draw.main(model=Path("other.npz"), out=Path("d.html"), no_open=True)
    assert Path("d.html").exists()
    assert not project
    assert "note: no test images on the page: data/processed/test.npz is missing" in capsys.readouterr().err


def test_test_images_of_another_data_set_are_left_out(project, capsys):
    model = Model(mlp([784, 2]), np.arange(2), {"dataset": {"name": "two", "classes": ["a", "b"]}})
    save_model("m/model.npz", model)
    save(test=noise(10))
    draw.main(no_open=True)
    assert "they are of noise, the model learned another data set" in capsys.readouterr().err


def test_mistakes_are_named(project):
    with pytest.raises(InputError, match=r"none\.npz is missing"):
        draw.main(model=Path("none.npz"), no_open=True)
    with pytest.raises(InputError, match="is a folder; name a file"):
        draw.main(out=Path("m"), no_open=True)
    assert not Path("reports").exists()
