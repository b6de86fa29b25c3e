"""Tables that stages write and read: whole, or one line says why."""

import pytest

from dnn.base.errors import InputError
from stages.project.outputs import parse_table, read_output, read_table

KINDS = {"step": int, "loss": float}
TEXT = "step\tloss\n0\t0.5\n1\t0.25\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "loss.tsv"


@pytest.mark.parametrize("rows", [None, 2])
def test_a_whole_table_is_read(rows, path):
    path.write_text(TEXT)
    table = read_table(path, "deliver", KINDS, rows, "\t")
    assert {name: column.tolist() for name, column in table.items()} == {"step": [0, 1], "loss": [0.5, 0.25]}
    assert [column.dtype.kind for column in table.values()] == ["i", "f"]


def test_names_may_hold_what_ends_lines_elsewhere():
    assert parse_table('class,f1\n"a\u2028, b\x85",1\n', {"class": str}, 1, ",")["class"].tolist() == ["a\u2028, b\x85"]


@pytest.mark.parametrize("cut", range(len(TEXT)))
def test_no_beginning_of_it_is_taken_for_the_whole(cut, path):
    path.write_text(TEXT[:cut])
    with pytest.raises(
        InputError, match=r"^\S*loss\.tsv .*; give the file that deliver writes; `dvc repro -f deliver`"
    ):
        read_table(path, "deliver", KINDS, 2, "\t")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("step\tloss\n", "is not whole: it has 0 rows, needed is at least one"),
        ("step\tstep\tloss\n0\t0\t1\n", "two columns have one name"),
        ("step\tloss\n0\t0.5\t1\n", "is damaged"),
        ("step\tloss\n0\n", "is damaged"),
        ("step\tloss\n\n", "is damaged"),
        ("step\tloss\n0\tsmall\n", "is damaged .*'small'"),
        ("step\tloss\n0\tnan\n", "loss has a value that is no finite number"),
        ("step\tloss\n0\t1e999\n", "loss has a value that is no finite number"),
        ("step\tloss\n99999999999999999999\t1\n", "is damaged"),
        ("step\tloss\n" + "9" * 5000 + "\t1\n", "is damaged"),
        ("step\tloss\n0\t" + "9" * 200_000 + "\n", "is damaged .*field limit"),
        ('step\tloss\n0\t"1', "is damaged"),
    ],
)
def test_a_damaged_table_is_one_line(text, message, path):
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_table(path, "deliver", KINDS, None, "\t")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400 + len(str(path))


def test_what_is_no_file_of_text_is_named(path):
    for read in (lambda: read_table(path, "deliver", KINDS), lambda: read_output(path, "deliver", {})):
        path.unlink(missing_ok=True)
        with pytest.raises(InputError, match=r"loss\.tsv is missing; `dvc repro deliver` makes it"):
            read()
        path.write_bytes(b"\xff\xfe")
        with pytest.raises(InputError, match=r"loss\.tsv is not UTF-8 text"):
            read()
        path.unlink()
        path.mkdir()
        with pytest.raises(InputError, match=r"loss\.tsv is a folder"):
            read()
        path.rmdir()
