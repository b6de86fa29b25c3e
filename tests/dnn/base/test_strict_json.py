"""JSON that is read, and what is not."""

import json
import time
import tracemalloc

import pytest

from dnn.base.errors import InputError
from dnn.base.strict_json import BYTES, DEPTH, VALUES, parse_json, read_json

KINDS = {"name": str, "count": int, "share": float, "inner": {"list": [int]}, "members": [{"epochs": int}]}
GOOD = {"name": "a", "count": 3, "share": 1, "inner": {"list": [1, 2]}, "members": [{"epochs": 5}], "more": None}


def test_what_is_whole_is_read(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(GOOD))
    assert read_json(tmp_path / "a.json", KINDS, "make it anew") == parse_json(json.dumps(GOOD), KINDS) == GOOD


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"name": 3}, "name"),
        ({"count": "3"}, "count"),
        ({"count": True}, "count"),
        ({"count": 3.5}, "count"),
        ({"share": None}, "share"),
        ({"share": 10**400}, "share"),
        ({"inner": []}, "inner"),
        ({"inner": {}}, "inner.list"),
        ({"inner": {"list": [1, "2"]}}, "inner.list.1"),
        ({"members": [{"epochs": 1}, {}]}, "members.1.epochs"),
    ],
)
def test_an_entry_of_another_kind_is_named(change, missing, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(GOOD | change))
    message = rf"a\.json is another file, or of another version: no {missing} in it; make it anew$"
    with pytest.raises(InputError, match=message):
        read_json(tmp_path / "a.json", KINDS, "make it anew")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("null", "it has no names"),
        ("[1]", "it has no names"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": -Infinity}', "-Infinity is no number"),
        ('{"a": 1e999}', "1e999 is too large a number"),
        ('{"a": ' + "9" * 5000 + "}", "is not JSON"),
        (r'{"a": "\ud800"}', "is not JSON .*surrogates"),
        (r'{"\ud800": 1}', "is not JSON .*surrogates"),
        ("[" * 100_000, f"is nested more than {DEPTH} deep"),
        ('{"a":' * 100_000, f"is nested more than {DEPTH} deep"),
        ("[" * (DEPTH + 1) + "]" * (DEPTH + 1), f"is nested more than {DEPTH} deep"),
        ("[" + "[]," * VALUES + "1]", f"has more than {VALUES:,} values"),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_json_is_told_in_a_line(text, message):
    with pytest.raises(InputError, match=message) as error:
        parse_json(text, {})
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_deep_is_allowed_up_to_the_bound_and_pairs_of_surrogates_are_letters():
    text = '{"a": ' + "[" * (DEPTH - 2) + "]" * (DEPTH - 2) + r', "b": "\ud83d\ude00"}'
    assert parse_json(text, {})["b"] == "😀"


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(BYTES + 1)
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"a\.json has 67,108,865 bytes, it should have at most 67,108,864; mend"):
            read_json(tmp_path / "a.json", {}, "mend")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    started = time.process_time()
    with pytest.raises(InputError, match="is not JSON"):
        parse_json("{" * 999_999, {})
    assert time.process_time() - started < 2
