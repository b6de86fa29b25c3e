"""A short attack on each reader; `attack` takes any number."""

import pytest

from dnn.base.errors import InputError
from tests.soak.attack import LONGEST, attack, told
from tests.soak.readers import READERS


@pytest.mark.parametrize("name", READERS)
def test_what_is_changed_is_read_or_refused_in_a_line_within_bounds(name):
    tally = attack(name, 150)
    assert not tally.failures
    assert tally.tried == 150
    assert tally.outcomes["refused"] >= 30, "most of what was changed is no longer valid"


def test_the_same_seed_is_the_same_attack():
    assert attack("json", 40, 5).outcomes == attack("json", 40, 5).outcomes
    assert [attack("json", 40, seed).outcomes["read"] for seed in range(4)].count(0) < 4


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "read"),
        (InputError("a.npz is damaged"), "refused"),
        (InputError("two\nlines"), "a message of 9 characters"),
        (InputError("x" * (LONGEST + 1)), "a message of 501 characters"),
        (InputError(""), "a message of 0 characters"),
        (InputError("\x1b[31m"), "a message of 5 characters"),
        (KeyError("name"), "KeyError: 'name' at"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_anything_but_an_answer_or_a_line_is_a_failure(error, outcome):
    def read():
        if error:
            raise error

    assert told(read, "/tmp/folder").startswith(outcome)
