"""The predict command: what is asked, what is answered, in which form."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from dnn.architecture import Architecture
from dnn.formats.model_file import load_model, save_model
from dnn.model import Model
from dnn.shifts import Shifted
from stages.datasets.splits import Split, save_split
from stages.doubting.detector import Doubt, save, save_reason
from stages.pictures.digits import digits_in
from stages.predict import main
from stages.project import params
from stages.project.cli import run
from tests.networks import mlp


def drawn(text):
    image = Image.new("L", (120, 160), 255)
    ImageDraw.Draw(image).text((20, 10), text, 0, ImageFont.load_default(size=100))
    return image


def doubting_ink(about=None):
    """A measure that doubts images with more than 250 pixels of ink, of which the drawings have at most some 120."""
    layers = [{"conv": {"filters": 1, "kernel": 1}}, "flatten"]
    network = Architecture(hidden_layers=layers).network(784, 11, np.random.default_rng(0))
    network.params[:] = 0
    network.params[0] = 1
    network.layers[-1].parameters["W"][:, 10] = 1
    return Doubt(Model(network, np.arange(11)), 250.0, {"dataset": {"name": "MNIST"}} if about is None else about)


def solid(path):
    """A picture that is nearly all ink, once it is cut to it."""
    image = Image.new("L", (120, 120), 255)
    ImageDraw.Draw(image).rectangle((20, 20, 100, 100), 0)
    image.save(path)
    return path


@pytest.fixture(scope="module")
def digits():
    """(10, 784): a drawing of each digit in MNIST's form."""
    return np.stack([digits_in(drawn(text))[0][0] for text in "0123456789"])


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch, digits):
    """A folder with dvc.yaml, test set, a model that knows the drawings: the most similar one wins, and a measure that
    doubts what is nearly all ink.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text("vars: [{path: {model: m/model.npz, doubt: m/doubt.npz, processed: data}}]")
    save(tmp_path / "m/doubt.npz", doubting_ink())
    network = mlp([784, 10])
    directions = digits / np.linalg.norm(digits, axis=1, keepdims=True)
    network.params[: 784 * 10] = 2 * directions.T.ravel()
    save_model(tmp_path / "m/model.npz", Model(network, np.arange(10)))
    (tmp_path / "data").mkdir()
    test = Split(digits, np.eye(10, dtype=np.float32), np.arange(10, dtype=np.uint8), {})
    save_split(tmp_path / "data/test.npz", test)
    return tmp_path


@pytest.fixture
def predict(monkeypatch, capsys):
    """Run the command: -> exit status, standard output, standard error."""

    def call(*words, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["predict", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as left:
            run(main)
        out, err = capsys.readouterr()
        return left.value.code or 0, out, err

    return call


def png(text):
    file = io.BytesIO()
    drawn(text).save(file, "PNG")
    return file.getvalue()


def test_bars(predict, project):
    drawn("7").save("seven.png")
    code, out, err = predict("seven.png")
    assert (code, err) == (0, "")
    head, *bars = out.splitlines()
    assert re.fullmatch(r"seven\.png: 7 \(\d\d\.\d\d% sure\)", head)
    assert [line.split()[0] for line in bars] == list("0123456789")
    percent = [float(line.split()[-1].rstrip("%")) for line in bars]
    assert sum(percent) == pytest.approx(100, abs=0.1)
    assert max(bars, key=lambda line: line.count("█"))[0] == "7"
    assert "\x1b" not in out


def test_of_many_pictures_each_is_a_line(predict, project):
    for name in "73":
        drawn(name).save(f"{name}.png")
    code, out, _ = predict("7.png", "3.png")
    assert code == 0
    assert [line.split(" (")[0] for line in out.splitlines()] == ["7.png: 7", "3.png: 3"]
    assert len(predict("7.png", "3.png", "--bars")[1].splitlines()) == 2 * 11 + 1
    assert len(predict("7.png", "--no-bars")[1].splitlines()) == 1


def test_json_of_everything_that_can_be_named(predict, project):
    (project / "folder").mkdir()
    for text in "31":
        drawn(text).save(f"folder/{text}.png")
        drawn(text).save(f"scan{text}.JPG")
    (project / "folder/notes.txt").write_text("no picture")
    code, out, err = predict("--json", "folder", "*.JPG", "-", "--index", 4, "--index", 9, stdin=png("6"))
    assert (code, err) == (0, "")
    answers = json.loads(out)
    expected = ["folder/1.png", "folder/3.png", "scan1.JPG", "scan3.JPG", "standard input"]
    expected += ["test image 4", "test image 9"]
    assert [answer["picture"].replace("\\", "/") for answer in answers] == expected
    assert [answer["digit"] for answer in answers] == list("1313649")
    assert [answer["truth"] for answer in answers] == [None] * 5 + ["4", "9"]
    for answer in answers:
        assert list(answer["probabilities"]) == list("0123456789")
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert answer["confidence"] == answer["probabilities"][answer["digit"]]


def test_csv_with_mixed_good_and_bad(predict, project):
    drawn("2").save("two, with a comma.png")
    (project / "text.png").write_text("hello")
    (project / "cut.png").write_bytes(png("2")[:200])
    (project / "empty.png").touch()
    (project / "none").mkdir()
    Image.new("L", (30, 30), 255).save("blank.png")
    bad = ["missing.png", "text.png", "cut.png", "empty.png", "none", "blank.png", "*.xyz"]
    code, out, err = predict("--csv", *bad, "two, with a comma.png", "--index", 10, "--index", -1, "--index", 0)
    assert code == 1
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["picture"], row["truth"], row["digit"]) for row in rows] == [
        ("two, with a comma.png", "", "2"),
        ("test image 0", "0", "0"),
    ]
    assert list(rows[0]) == ["picture", "truth", "digit", "confidence", "doubtful", *(f"p{k}" for k in range(10))]
    lines = err.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["error", name] for name in [*bad, "test image 10", "test image -1"]
    ]
    reasons = [
        "No such file",
        "known format",
        "damaged",
        "is empty",
        "no pictures",
        "no digit",
        "no file",
        "from 0 to 9",
    ]
    assert all(reason in line for reason, line in zip(reasons, lines, strict=False))


def test_nothing_can_be_read(predict):
    assert predict("--json", "a.png", "-")[:2] == (1, "[]\n")
    assert len(predict("--figure", "out.png", "a.png")[2].splitlines()) == 1


def test_same_answer_for_a_test_image_and_its_picture(predict, digits):
    Image.fromarray((digits[5].reshape(28, 28) * 255).round().astype(np.uint8)).save("5.png")
    first, second = json.loads(predict("--json", "5.png", "--index", 5)[1])
    for label, p in first["probabilities"].items():
        assert second["probabilities"][label] == pytest.approx(p, abs=1e-3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--index", 1, "--model", "other.npz"], "other.npz is missing; give the path of a file that is there"),
        ([], "no picture given"),
        (["--json", "--csv", "--index", 1], "exclude each other"),
        (["--index", 1, "--figure", "out.xyz"], "cannot write this kind"),
    ],
)
def test_mistakes_get_one_line(predict, words, message):
    code, _, err = predict(*words)
    assert code == 1
    assert message in err
    assert len(err.splitlines()) == 1


def test_no_trained_model(predict, project):
    (project / "m/model.npz").unlink()
    assert predict("a.png")[2].splitlines() == ["error: m/model.npz is missing; run `make repro`, which trains a model"]


def test_a_model_for_other_inputs(predict):
    save_model("small.npz", Model(mlp([64, 10]), np.arange(10)))
    code, out, err = predict("--index", 1, "--model", "small.npz")
    assert (code, out) == (1, "")
    assert "small.npz takes inputs of shape (64,), a picture has 784 pixels" in err


def test_no_test_set(predict, project):
    (project / "data/test.npz").unlink()
    drawn("7").save("seven.png")
    code, out, err = predict("--json", "--index", 1, "--index", 2, "seven.png")
    assert (code, json.loads(out)[0]["digit"]) == (1, "7")
    assert re.fullmatch(r"error: data.test\.npz is missing; `make repro` makes it\n", err)


def test_hostile_names(predict):
    code, _, err = predict("--csv", "new\nline\x1b[31m.png", "--index", 0)
    assert code == 1
    assert err.startswith(r"error: new\nline\x1b[31m.png: ")
    assert len(err.splitlines()) == 1


def test_interactive(predict):
    drawn("3").save("my three.png")
    script = b"'my three.png'\n8\n99\nmissing.png\n-\nq\n7\n"
    code, out, err = predict("--interactive", stdin=script)
    assert code == 0
    assert re.findall(r"(\S+): (\d) \(\d+\.\d\d% sure(.*)\)", out) == [("three.png", "3", ""), ("8", "8", ", truth 8")]
    assert out.count("%") == 22  # a line and ten bars for each
    assert [line.split(":")[1].strip() for line in err.splitlines()] == [
        "test image 99",
        "missing.png",
        "the standard input is this conversation; name a file",
    ]


@pytest.mark.parametrize("script", [b"", b"\n8\n", b"q\n8\n"])
def test_interactive_ends(predict, script):
    code, out, err = predict("--interactive", stdin=script)
    assert (code, err) == (0, "")
    assert "test image" not in out


def test_figure(predict, project):
    drawn("3").save("cost $3 $.png")
    code, _, err = predict("cost $3 $.png", "--index", 1, "--figure", "out/figure.png")
    assert (code, err) == (0, "")
    with Image.open(project / "out/figure.png") as figure:
        assert figure.width > 500
        assert {(0, 0, 0), (255, 255, 255), (0, 0x72, 0xB2)} < {
            colour for _, colour in figure.convert("RGB").getcolors(9999)
        }


def side_by_side(*texts):
    """Drawings of digits in one picture."""
    row = Image.new("L", (100 * len(texts) + 20, 160), 255)
    for place, text in enumerate(texts):
        row.paste(drawn(text).crop((10, 0, 110, 160)), (100 * place, 0))
    return row


def test_every_digit_is_answered_in_reading_order(predict, project):
    side_by_side(*"407").save("407.png")
    drawn("5").save("5.png")
    code, out, err = predict("407.png", "5.png")
    assert re.fullmatch(r"407\.png: 407 \(3 digits, at least \d+\.\d\d% sure\)\n5\.png: 5 \(\S+ sure\)\n", out)
    code, out, err = predict("407.png", "5.png", "--bars")
    assert (code, err) == (0, "")
    first, second = out.split("\n\n")
    assert first.startswith("407.png: 407 (3 digits)\n")
    assert re.findall(r"^(\d) \(\d+\.\d\d% sure\)$", first, re.MULTILINE) == list("407")
    assert second.startswith("5.png: 5 (")

    records = json.loads(predict("407.png", "5.png", "--json")[1])
    assert [record["digit"] for record in records] == list("4075")
    assert [(record.get("place"), record.get("number")) for record in records] == [
        (1, "407"),
        (2, "407"),
        (3, "407"),
        (None, None),
    ]
    rows = list(csv.DictReader(io.StringIO(predict("407.png", "5.png", "--csv", "--figure", "f.png")[1])))
    assert [(row["picture"], row["digit"]) for row in rows] == [("407.png", d) for d in "407"] + [("5.png", "5")]
    assert (project / "f.png").stat().st_size > 10_000


def test_rows_of_digits_are_numbers_of_their_own(predict):
    sheet = Image.new("L", (320, 320), 255)
    sheet.paste(side_by_side(*"12"), (0, 0))
    sheet.paste(side_by_side(*"307"), (0, 160))
    sheet.save("sheet.png")
    assert predict("sheet.png")[1].startswith("sheet.png: 12 307 (5 digits)\n")


def test_the_first_page_that_holds_something_is_told_and_named(predict):
    blank = Image.new("L", (120, 160), 255)
    blank.save("scan.tif", save_all=True, append_images=[blank, drawn("3"), drawn("4")])
    (record,) = json.loads(predict("scan.tif", "--json")[1])
    assert (record["picture"], record["digit"]) == ("scan.tif, page 3", "3")


def test_brackets_in_the_names_of_folders(predict, project):
    folder = project / "scans [2024]" / "a[b]"
    folder.mkdir(parents=True)
    drawn("2").save(folder / "two.png")
    drawn("6").save(folder / "six[1].png")
    for words in (
        ["scans [2024]/a[b]"],
        ["scans [2024]/a[b]/*.png"],
        [str(folder / "*.png")],
        ["scans [2024]/**/*.png"],
    ):
        assert [record["digit"] for record in json.loads(predict(*words, "--json")[1])] == ["6", "2"], words


def test_pictures_of_a_folder_that_cannot_be_read_are_named(predict, project):
    (project / "folder").mkdir()
    drawn("2").save("folder/two.png")
    (project / "folder/IMG_0001.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    code, out, err = predict("folder", "--json")
    assert (code, json.loads(out)[0]["digit"]) == (1, "2")
    assert "IMG_0001.HEIC: not a picture of a known format, but HEIC" in err


def test_a_pipe_is_read_and_one_that_no_one_fills_is_empty(predict, tmp_path):
    os.mkfifo("pipe")
    assert predict("pipe")[2] == "error: pipe: the file is empty\n"
    with subprocess.Popen(["sh", "-c", "cat > pipe"], stdin=subprocess.PIPE) as writer:
        writer.stdin.write(png("2"))
        writer.stdin.close()
        deadline = time.monotonic() + 20
        while (said := predict("pipe"))[2] and time.monotonic() < deadline:  # until there is a writer
            time.sleep(0.05)
    assert said[1].startswith("pipe: 2 (")


def test_the_standard_input_has_one_name(predict):
    assert predict("-", stdin=png("2"))[1].startswith("standard input: 2 (")
    assert predict("-", stdin=b"")[2] == "error: standard input: the file is empty\n"
    assert json.loads(predict("-", "--json", stdin=png("2"))[1])[0]["picture"] == "standard input"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("folder", "folder is a folder"),
        ("text/out.png", "so that text/out.png cannot"),
        ("out.xyz", "out.xyz: matplotlib"),
    ],
)
def test_a_wrong_place_for_the_figure_is_told_before_the_work(predict, project, path, message):
    (project / "folder").mkdir()
    (project / "text").touch()
    code, out, err = predict("--index", 1, "--figure", path)
    assert (code, out) == (1, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_figure_takes_the_place_of_no_picture(predict, project):
    (project / "folder").mkdir()
    drawn("2").save("folder/two.png")
    before = (project / "folder/two.png").read_bytes()
    for word in ("folder/two.png", "folder", "folder/*.png"):
        code, out, err = predict("missing.png", word, "--figure", "folder/../folder/two.png")
        assert (code, out) == (1, "")
        assert err == "error: --figure folder/../folder/two.png is one of the pictures; name another file\n"
    assert (project / "folder/two.png").read_bytes() == before
    assert predict("--interactive", "--figure", "x.png")[2].startswith("error: --figure x.png draws the pictures that")


def test_what_cannot_be_read_is_told_in_other_words_than_its_absence(predict, monkeypatch):
    assert "name it once" in predict("-", "-", stdin=png("2"))[2]
    assert "a web address; download the picture first" in predict("https://example.org/5.png")[2]
    assert "m/doubt.npz is the measure of doubt" in predict("--index", 1, "--model", "m/doubt.npz")[2]


def test_a_place_that_takes_no_files_is_told_before_the_work(predict, project, monkeypatch):
    def refuse(**options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("stages.pictures.figure.TemporaryFile", refuse)
    code, out, err = predict("--index", 1, "--figure", "out/x.png")
    assert (code, out) == (1, "")
    assert err == "error: --figure out/x.png cannot be written (Read-only file system); name another place\n"


def test_what_is_unlike_any_digit_is_said_in_every_form(predict):
    solid("solid.png")
    drawn("7").save("seven.png")
    _, out, err = predict("solid.png", "seven.png")
    assert err == ""
    heads = [line for line in out.splitlines() if ".png" in line]
    assert re.fullmatch(r"solid\.png: \d \(\d+\.\d\d% sure\), but doubtful: unlike any digit it has learned", heads[0])
    assert re.fullmatch(r"seven\.png: 7 \(\d+\.\d\d% sure\)", heads[1])
    assert [record["doubtful"] for record in json.loads(predict("solid.png", "seven.png", "--json")[1])] == [
        True,
        False,
    ]
    rows = list(csv.DictReader(io.StringIO(predict("solid.png", "seven.png", "--csv")[1])))
    assert [row["doubtful"] for row in rows] == ["true", "false"]
    assert "solid.png: " in predict("--interactive", stdin=b"solid.png\n")[1]
    assert predict("--interactive", stdin=b"solid.png\n")[1].count("but doubtful") == 1


def test_a_number_says_how_many_of_its_digits_are_doubtful(predict):
    with Image.open(solid("solid.png")) as block:
        row = Image.new("L", (220, 160), 255)
        row.paste(drawn("7"), (100, 0))
        row.paste(block.crop((10, 0, 110, 120)), (0, 20))
    row.save("row.png")
    assert re.match(r"row\.png: \d7 \(2 digits, 1 of them doubtful\)\n", predict("row.png")[1])


def test_what_is_left_out_is_told(predict):
    power = side_by_side(*"8")
    small = drawn("6").crop((10, 20, 110, 150)).resize((35, 45))
    power.paste(small, (83, 10))
    power.save("power.png")
    assert re.match(r"power\.png: 8 \(\d+\.\d\d% sure\); left out: 1 smaller thing\n", predict("power.png")[1])
    row = side_by_side(*"314")
    ImageDraw.Draw(row).ellipse((92, 112, 104, 124), 0)
    row.save("row.png")
    assert predict("row.png")[1].startswith("row.png: 314 (3 digits); left out: 1 smaller thing\n")
    assert [record["left_out"] for record in json.loads(predict("row.png", "--json")[1])] == [1, 1, 1]


def test_the_figure_shows_the_doubt(predict, project):
    solid("solid.png")
    predict("solid.png", "--figure", "figure.png")
    with Image.open(project / "figure.png") as figure:
        colours = {colour for _, colour in figure.convert("RGB").getcolors(9999)}
    assert (0xD5, 0x5E, 0) in colours
    assert (0, 0x72, 0xB2) not in colours


@pytest.mark.parametrize("fault", ["missing", "damaged", "of another data set", "not to be had"])
def test_without_a_measure_of_doubt_there_is_a_note_and_an_answer(predict, project, fault):
    path = project / "m/doubt.npz"
    if fault == "missing":
        path.unlink()
        said = r"m.doubt\.npz is missing; `dvc repro doubt` makes it"
    elif fault == "damaged":
        path.write_bytes(b"?")
        said = r"m.doubt\.npz is no \.npz file, or not a whole one"
    elif fault == "of another data set":
        save_model("m/model.npz", Model(mlp([784, 10]), np.arange(10), {"dataset": {"name": "Other"}}))
        said = r"m.doubt\.npz is of MNIST, the model learned Other"
    else:
        save_reason(path, "no measure of doubt for clothes")
        said = "no measure of doubt for clothes"
    solid("solid.png")
    code, out, err = predict("solid.png", "solid.png", "--json")
    assert code == 0
    assert re.fullmatch(f"note: nothing is doubted: {said}\n", err)
    assert [record["doubtful"] for record in json.loads(out)] == [None, None]
    assert predict("solid.png", "--csv")[1].splitlines()[1].split(",")[4] == ""
    assert "doubt" not in predict("solid.png")[1]


def test_the_trained_network_answers_as_it_was_measured(predict, project, monkeypatch):
    def sure(*words):
        return [answer["confidence"] for answer in json.loads(predict("--index", 3, "--json", *words)[1])]

    network = load_model(project / "m/model.npz")
    with np.load(project / "data/test.npz") as test:
        X = test["images"][3:4]
    averaged = [pytest.approx(Shifted(network, 1).predict_proba(X).max(), abs=1e-6)]
    plain = [pytest.approx(network.predict_proba(X).max(), abs=1e-6)]
    assert plain != sure("--shifts", 1) == averaged
    assert sure() == plain
    monkeypatch.setattr(params, "load", lambda section: section(shifts=1))
    (project / "params.yaml").touch()
    assert sure() == averaged
    assert sure("--shifts", 0) == sure("--model", project / "m/model.npz") == plain


def test_starts_without_what_is_slow(project):
    """A prediction imports nothing needless; typer from 0.29 on brings pydantic, but not before it parses."""
    program = (
        "import sys, stages.predict as p\n"
        "assert 'pydantic' not in sys.modules\n"
        "from stages.project.cli import run\n"
        "try: run(p.main)\n"
        "except SystemExit as left: assert not left.code\n"
        "slow = {'matplotlib', 'pandas', 'sklearn', 'scipy', 'rich', 'dvc', 'dvclive'} & set(sys.modules)\n"
        "assert not slow, slow\n"
    )
    drawn("3").save("three.png")
    words = [sys.executable, "-c", program, "three.png", "--index", "1", "--json"]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": "", "SYSTEMROOT": ""}
    done = subprocess.run(words, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert [answer["digit"] for answer in json.loads(done.stdout)] == ["3", "1"]


@pytest.fixture
def fashion(project):
    """A model and a test set of two classes of 20x20 pixels: dark and light."""
    dataset = {
        "name": "Light",
        "fallback": False,
        "train_images": 9,
        "test_images": 2,
        "classes": ["dark, or so", "きれい"],
    }
    network = mlp([400, 2])
    network.params[:800] = np.repeat([[-0.1, 0.1]], 400, axis=0).ravel()
    network.params[800:] = [10, -10]
    save_model("m/model.npz", Model(network, np.arange(2), {"dataset": dataset}))
    save_reason("m/doubt.npz", "no measure of doubt for Light")
    images = np.stack([np.zeros(400), np.ones(400)]).astype(np.float32)
    save_split("data/test.npz", Split(images, np.eye(2, dtype=np.float32), np.arange(2, dtype=np.uint8), dataset))


def test_answers_are_names_of_classes(fashion, predict):
    code, out, err = predict("--index", 1, "--json", "--figure", "f.png")
    assert (code, err) == (0, "note: nothing is doubted: no measure of doubt for Light\n")
    (record,) = json.loads(out)
    assert (record["class"], record["truth"]) == ("きれい", "きれい")
    assert list(record["probabilities"]) == ["dark, or so", "きれい"]
    _, out, _ = predict("--index", 0, "--csv")
    assert out.splitlines()[0] == "picture,truth,class,confidence,doubtful,p0,p1"
    assert out.splitlines()[1].startswith('test image 0,"dark, or so","dark, or so",')
    _, out, _ = predict("--index", 1)
    assert out.startswith("test image 1: きれい (")


def test_a_picture_gets_the_size_of_the_network(fashion, predict):
    Image.new("RGB", (30, 30), (255, 255, 255)).save("light.png")
    _, out, _ = predict("light.png", "--json")
    assert json.loads(out)[0]["class"] == "dark, or so", "a light background is made dark"


def test_test_images_of_another_data_set_are_refused(fashion, predict, digits):
    test = Split(digits, np.eye(10, dtype=np.float32), np.arange(10, dtype=np.uint8), {"name": "MNIST"})
    save_split("data/test.npz", test)
    code, _, err = predict("--index", 1)
    assert code == 1
    assert "the test images are of MNIST, the model learned another data set" in err
