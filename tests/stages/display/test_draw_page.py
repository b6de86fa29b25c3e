"""The page in a real browser, against NumPy and the way that pictures take in Python."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dnn.architecture import Architecture
from dnn.ensemble import Ensemble
from dnn.layers import LAYERS
from dnn.model import Model
from dnn.network import Network
from dnn.shifts import Shifted
from stages.display.draw_page import SCRIPTS, Sample, numbered, write_draw_page
from stages.doubting.detector import Doubt
from stages.pictures.digits import digits_in
from stages.pictures.models import dataset_of
from stages.pictures.square import to_square
from tests.browser import CHROMIUM, MISSING, browser
from tests.dnn.formats.test_onnx import CASES, make
from tests.networks import mlp
from tests.splits import noise, small_digits
from tests.stages.pictures.drawing import plain

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)

CONV = {"kernel": 3, "padding": "same", "bias": False}
CNN = [
    *[{"conv": {"filters": 16, **CONV}}, "batchnorm", "relu", {"maxpool": 2}],
    {
        "residual": {
            "layers": [{"conv": {"filters": 16, **CONV}}, "batchnorm", "silu", {"conv": {"filters": 16, **CONV}}]
        }
    },
    *["batchnorm", "relu", {"avgpool": 2}, {"conv": {"filters": 24, **CONV}}, "batchnorm", "relu", "globalavgpool"],
]
IMAGES = np.concatenate([small_digits(slice(0, 150)).images, noise(50).images])
SEVEN = [(0.3, 0.25), (0.5, 0.24), (0.7, 0.25), (0.62, 0.45), (0.5, 0.65), (0.42, 0.8)]
PLACE = "document.getElementById"


def trained(network, seed=0):
    """A model with random weights and running figures, whose answers differ from image to image."""
    rng = np.random.default_rng(seed)
    network.initialize(rng)
    network.state[...] = rng.uniform(0.5, 1.5, network.state.shape)
    for layer in network.layers:
        if "b" in layer.parameters:
            layer.parameters["b"][...] = rng.normal(size=layer.parameters["b"].shape) / 5
    return Model(network, np.arange(10), {"dataset": {"name": "noise"}}, 0.3)


def small_cnn():
    return trained(Architecture(hidden_layers=CNN).build(784, 10))


def opened(page, path, model, *options, **named):
    write_draw_page(path, model, dataset_of(model), *options, **named)
    page.size(1280, 1000)
    page.open(path)
    return page


@pytest.fixture(scope="module")
def chromium():
    with browser() as page:
        yield page


@pytest.fixture
def page(chromium):
    """A page that has complained of nothing in the end."""
    yield chromium
    assert chromium.errors() == []


@pytest.fixture
def drawing(page, tmp_path):
    """The page of a network as the default one, with two images of the test set."""
    samples = [("Some", [Sample(4, IMAGES[4], "4"), Sample(7, IMAGES[7], "7")])]
    model = trained(mlp([784, 128, 64, 32, 10], "silu", "he"))
    return opened(page, tmp_path / "draw.html", model, samples=samples), model


def ask(page, images):
    """The page's probabilities of images."""
    numbers = base64.b64encode(np.float32(images).tobytes()).decode()
    row = "Array.from(ask(model, all.subarray(784 * k, 784 * k + 784)).probabilities)"
    rows = f"Array.from({{length: {len(images)}}}, (_, k) => {row})"
    vector = f"new Float32Array(Uint8Array.from(atob('{numbers}'), letter => letter.charCodeAt(0)).buffer)"
    return np.array(page.run(f"(all => {rows})({vector})"))


def seen(page):
    """The image that the page's network sees, and its answer."""
    image, answer = page.run("[Array.from(images[chosen]), Array.from(ask(model, images[chosen]).probabilities)]")
    return np.float32(image), np.array(answer)


def saved(page, folder):
    """The picture that the button saves."""
    page.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder), eventsEnabled=True)
    page.run(f"{PLACE}('save').click()")
    while not any(event.get("params", {}).get("state") == "completed" for event in page.events):
        page.events.append(page.receive())
    page.events.clear()
    (path,) = folder.glob("*.png")
    return Image.open(path)


def text(page, name):
    return page.run(f"{PLACE}('{name}').textContent")


def assert_seen_as_in_python(page, model, folder):
    image, answer = seen(page)
    ((expected,),) = digits_in(saved(page, folder))
    np.testing.assert_allclose(image, expected, atol=1e-5)
    np.testing.assert_allclose(answer, model.predict_proba(expected[None])[0], atol=1e-4)


def test_all_scripts_are_in_the_page():
    folder = Path("stages/display/templates/draw")
    assert {path.stem for path in folder.glob("*.js")} == set(SCRIPTS)


def test_probabilities_are_those_of_numpy(drawing, tmp_path):
    page, model = drawing
    expected = model.predict_proba(IMAGES)
    assert np.ptp(expected.argmax(axis=1)) > 3
    np.testing.assert_allclose(ask(page, IMAGES), expected, atol=1e-4)
    for shifts in (0, 1):
        model = small_cnn()
        opened(page, tmp_path / "cnn.html", model, shifts)
        answering, some = (Shifted(model, 1), IMAGES[::10]) if shifts else (model, IMAGES)
        np.testing.assert_allclose(ask(page, some), answering.predict_proba(some), atol=1e-4)


def test_every_kind_of_layer_forward_and_backward(drawing):
    page, _ = drawing
    assert set(page.run("Object.keys(LAYERS)")) == set(LAYERS)
    rng = np.random.default_rng(0)
    for shape, layers in CASES:
        model = make(shape, layers)
        X, dY = rng.normal(size=(1, *shape)), rng.normal(size=(1, 5))
        Z, dX = gradients(page, model, X, dY)
        exact = Network.from_config(
            model.network.config(), *map(np.float64, (model.network.params, model.network.state))
        )
        np.testing.assert_allclose(Z, exact.forward(X)[0], atol=1e-5)
        for layer in reversed(exact.layers):
            dY = layer.backward(dY)
        np.testing.assert_allclose(dX, dY.ravel(), atol=1e-5, err_msg=str(layers))


def gradients(page, model, X, dY):
    """The page's logits of the model, and what its way back makes of dY."""
    values = ", ".join(json.dumps(value) for value in (numbered(model), X.ravel().tolist(), dY.ravel().tolist()))
    way = "([Z, back], dY) => [Array.from(Z), Array.from(back(Float64Array.from(dY)))]"
    return page.run(f"((m, X, dY) => ({way})(logits(decoded(m), Float64Array.from(X)), dY))({values})")


def test_an_ensemble_and_shifts(drawing, tmp_path):
    page, model = drawing
    ensemble = Ensemble([model, Ensemble([small_cnn(), trained(mlp([784, 10]), 1)], {}, 3.0)], model.about, 0.7)
    opened(page, tmp_path / "ensemble.html", ensemble, shifts=1)
    asked, X = Shifted(ensemble, 1), IMAGES[:3]
    np.testing.assert_allclose(ask(page, X), asked.predict_proba(X), atol=1e-4)
    for x in X:  # what all ink together adds, against a little more and a little less ink
        evidence = page.run(f"Array.from(ask(model, {x.tolist()}).evidence(3, 8))")
        more, less = asked.logits(np.stack([1.001 * x, 0.999 * x], dtype=np.float64))[:, [3, 8]] @ [1, -1]
        assert sum(evidence) == pytest.approx((more - less) / 0.002, rel=1e-3, abs=1e-3)


def test_strokes_are_seen_as_in_the_saved_picture(drawing, tmp_path):
    page, model = drawing
    assert text(page, "words") == ""
    page.stroke("#sheet", SEVEN)
    page.touch("#sheet", [(0.35, 0.5), (0.5, 0.52), (0.68, 0.5)])
    assert_seen_as_in_python(page, model, tmp_path)
    told = str(seen(page)[1].argmax())
    assert text(page, "told") == told
    assert told in text(page, "words")
    shown = page.run("[...document.querySelectorAll('.percent')].map(e => parseFloat(e.textContent.replace('>', '')))")
    np.testing.assert_allclose(shown, 100 * seen(page)[1], atol=0.11)


def test_a_pen_for_the_keyboard(drawing, tmp_path):
    page, model = drawing
    page.run(f"{PLACE}('sheet').focus()")
    for key in [" ", *["ArrowDown"] * 9, *["ArrowRight"] * 3, " ", "ArrowUp"]:
        page.press(key)
    assert_seen_as_in_python(page, model, tmp_path)


def test_nothing_is_lost(drawing):
    page, _ = drawing
    page.stroke("#sheet", SEVEN)
    first = seen(page)[0]
    page.stroke("#sheet", [(0.3, 0.9), (0.7, 0.9)])
    page.run(f"{PLACE}('clear').click()")
    assert page.run("sheet.isEmpty && !images.length")
    page.run("document.querySelector('.samples button.thumbnail').click()")
    np.testing.assert_array_equal(seen(page)[0], np.round(IMAGES[4] * 255).astype(np.float32) / 255)
    assert "its label is 4" in text(page, "notes")
    page.press("ArrowRight", code="ArrowRight")
    assert "Test image 4" in text(page, "notes")  # the arrows step where the images are
    page.run(f"{PLACE}('next').click()")
    assert "Test image 7" in text(page, "notes")
    for _ in range(4):
        page.press("z", code="KeyZ", modifiers=2)
    np.testing.assert_array_equal(seen(page)[0], first)


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_is_read_as_in_python(drawing, tmp_path, way):
    page, _ = drawing
    picture = plain(IMAGES[3].reshape(28, 28))
    picture.resize((800, 700)).save(tmp_path / "nine.png")
    give(page, way, (tmp_path / "nine.png").read_bytes())
    while not page.run("images.length"):
        pass
    ((expected,),) = digits_in(Image.open(tmp_path / "nine.png"))
    np.testing.assert_allclose(seen(page)[0], expected, atol=0.02)
    assert "nine.png" in text(page, "notes")
    give(page, way, b"no picture")
    while "save it as PNG or JPEG" not in text(page, "notes"):
        pass


def give(page, way, data):
    """Drop or paste a file."""
    event = {"drop": "new DragEvent('drop', {dataTransfer: t, bubbles: true, cancelable: true})"}
    event["paste"] = "new ClipboardEvent('paste', {clipboardData: t, bubbles: true})"
    page.run(
        f"(t => {{ t.items.add(new File([new Uint8Array({list(data)})], 'nine.png', {{type: 'image/png'}}));"
        f"document.dispatchEvent({event[way]}) }})(new DataTransfer())"
    )


def test_several_digits_and_what_is_left_to_predict(drawing, tmp_path):
    page, model = drawing
    page.stroke("#sheet", [(0.2, 0.3), (0.2, 0.7)])
    page.stroke("#sheet", [(0.5 + 0.3 * x, 0.1 + 0.8 * y) for x, y in SEVEN])
    ((one, seven),) = digits_in(saved(page, tmp_path))
    np.testing.assert_allclose(page.run("images.map(image => Array.from(image))"), [one, seven], atol=1e-5)
    assert text(page, "told") == "".join(map(str, model.predict(np.stack([one, seven]))))
    page.run(f"{PLACE}('seen').children[1].click()")
    np.testing.assert_allclose(seen(page)[0], seven, atol=1e-5)
    assert "predict" not in text(page, "notes")
    page.run(f"{PLACE}('clear').click()")
    page.stroke("#sheet", [(0.1, 0.01), (0.9, 0.01)])
    page.stroke("#sheet", SEVEN)
    assert "python -m stages.predict" in text(page, "notes")


def test_the_measure_of_doubt(drawing, tmp_path):
    page, model = drawing
    network = mlp([784, 11])
    doubt = Model(Network.from_config({**network.config(), "input_shape": [28, 28, 1], "layers": [
        {"kind": "flatten"}, *network.config()["layers"]]}), np.arange(11))  # fmt: skip
    doubt.network.initialize(np.random.default_rng(0))
    measure = Doubt(doubt, 0.0)
    opened(page, tmp_path / "doubt.html", model, doubt=measure)
    X = IMAGES[140:160]
    strange = page.run(f"{json.dumps(X.tolist())}.map(image => strangeness(doubt, image))")
    np.testing.assert_allclose(strange, measure.strangeness(X), atol=1e-4)
    page.stroke("#sheet", SEVEN)
    assert ("doubtful" in text(page, "notes")) == measure.doubts(seen(page)[0][None])[0]


def test_a_network_of_other_things(page, tmp_path):
    network = mlp([784, 3])
    network.initialize(np.random.default_rng(0))
    about = {"dataset": {"name": "shapes", "classes": ["</script>", "circle", "square"]}}
    model = Model(network, np.arange(3), about)
    opened(page, tmp_path / "shapes.html", model)
    page.stroke("#sheet", SEVEN)
    expected = to_square(saved(page, tmp_path), 28)
    np.testing.assert_allclose(seen(page)[0], expected, atol=1e-5)
    assert text(page, "told") == about["dataset"]["classes"][model.predict(expected[None])[0]]
    assert "digit" not in page.run("document.body.innerText").lower()


def test_answers_are_quick(drawing, tmp_path):
    page, _ = drawing
    for name, most in ("the default", 50), ("a small CNN", 300):
        if name != "the default":
            opened(page, tmp_path / "cnn.html", small_cnn())
        page.stroke("#sheet", SEVEN)
        times = page.run(
            "Array.from({length: 40}, () => { const start = performance.now(); answer(false); "
            "return performance.now() - start })"
        )
        print(f"{name}: an answer in {np.percentile(times, 95):.1f} ms at the 95th percentile, goal {most}")
        assert np.median(times) < 5 * most  # other work beside it delays some of them for long


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_a_telephone(drawing, dark):
    page, _ = drawing
    page.size(360, 740, 2, dark)
    page.stroke("#sheet", SEVEN)
    assert page.run("document.documentElement.scrollWidth") == 360


def test_nothing_may_be_fetched(drawing):
    page, _ = drawing
    policy = page.run("document.querySelector('meta[http-equiv=Content-Security-Policy]').content")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    sources = " ".join(rules.values()).split()
    assert all(source == "'none'" or re.fullmatch(r"'sha256-[\w+/]{43}='", source) for source in sources)
    refused = page.run("fetch('file:///etc/hostname').then(() => 'read', () => 'refused')")
    assert refused == "refused"
    assert len(page.errors()) >= 1
    page.events.clear()
