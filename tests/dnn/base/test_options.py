from dataclasses import dataclass, field

import numpy as np
import pytest

from dnn.base.errors import LONGEST, InputError, shown
from dnn.base.kinds import Kind, check, listed, whole
from dnn.base.options import check_options, converted, make, option


@dataclass
class Cake:
    """A dataclass with an option of each kind."""

    eggs: int = option(3, "eggs", least=1, below=10)
    sugar: float = option(0.5, "cups", above=0)
    glazed: bool = option(False, "with icing")
    flavour: str = option("lemon", "of the icing", choices=("lemon", "mint"))
    tiers: list[int] | None = option(
        None, "sizes", kind=Kind("a list of whole numbers", lambda v: [whole(n) for n in listed(v)])
    )
    baked: int = field(init=False, default=0)

    def __post_init__(self):
        check_options(self, "cake: ")


def test_values_become_those_of_their_kind():
    cake = Cake(np.float32(4), 1, np.True_, np.str_("mint"), np.array([2.0, 3]))
    assert converted(cake) == {"eggs": 4, "sugar": 1.0, "glazed": True, "flavour": "mint", "tiers": [2, 3]}
    kinds = [type(value) for value in converted(cake).values()]
    assert kinds == [int, float, bool, str, list]
    assert Cake().tiers is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"eggs": 0}, "cake: eggs is 0, it should be a whole number at least 1 and below 10"),
        ({"eggs": 10**400}, "at least 1 and below 10"),
        ({"eggs": None}, "cake: eggs is None, it should be a whole number at least 1 and below 10"),
        ({"sugar": 1e300}, "cake: sugar is 1e+300, it should be a finite number above 0 and at most 1e+38"),
        ({"sugar": "1"}, "cake: sugar is '1', it should be a finite number above 0"),
        ({"glazed": 1}, "cake: glazed is 1, it should be true or false"),
        ({"flavour": "beef"}, "cake: flavour is 'beef', it should be one of lemon, mint"),
        ({"tiers": "12"}, "cake: tiers is '12', it should be a list of whole numbers"),
        ({"tiers": [1, 2.5]}, r"cake: tiers is \[1, 2.5\], it should be a list of whole numbers"),
    ],
)
def test_others_are_one_line_and_change_nothing(values, message):
    with pytest.raises(InputError, match=rf"{message}$".replace("+", r"\+")):
        Cake(**values)
    cake = Cake()
    before = dict(vars(cake))
    vars(cake).update(values)
    with pytest.raises(InputError):
        check_options(cake)
    assert vars(cake) == before | values


def test_a_kind_may_say_more():
    def picky(value):
        raise InputError("eggs are out")

    with pytest.raises(InputError, match=r"^tray: eggs are out$"):
        check("tray", 3, Kind("a tray", picky))


class Unprintable:
    def __repr__(self):
        raise RuntimeError


class Rows:
    def __repr__(self):
        return "a\n   b"


CIRCLE = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, 10**5000, list(range(10**5)), CIRCLE, np.ones((99, 99)), Unprintable()],
    ids=["text", "number", "list", "circle", "array", "unprintable"],
)
def test_a_value_in_a_message_is_short_and_one_line(value):
    assert len(shown(value)) <= LONGEST
    assert "\n" not in shown(value)


@pytest.mark.parametrize(
    ("value", "text"), [("a\nb", r"'a\nb'"), (Rows(), "a b"), ({64: "1"}, "{64: '1'}"), ([784, 0, 10], "[784, 0, 10]")]
)
def test_a_short_value_is_shown_whole(value, text):
    assert shown(value) == text


@pytest.mark.parametrize("name", [None, ["cake"], {}, "pie", np.array(["cake"])])
def test_an_unknown_name_is_answered_with_the_known(name):
    with pytest.raises(InputError, match=r"^dessert is .*, known are cake$"):
        make("dessert", {"cake": Cake}, name, {})


@pytest.mark.parametrize("name", ["self", "name", "what", 64, "a\nb", ("eggs",)])
def test_an_unknown_option_is_answered_with_the_known(name):
    with pytest.raises(InputError, match=r"^dessert cake has no option .*; it has eggs, sugar") as caught:
        make("dessert", {"cake": Cake}, "cake", {name: 1})
    assert "\n" not in str(caught.value)
