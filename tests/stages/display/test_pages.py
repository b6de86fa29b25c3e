from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from stages.display.pages import write_page

VALUES = {"title": "<b>&", "introduction": ["a < b", "second"], "summary": "&", "common": {"train.x": "<i>"}}
TABLE = {"columns": ["name", "score"], "rows": [["<script>", 0.5], ["b", "-"]]}


class Reader(HTMLParser):
    """The texts of a page, unescaped, and what it links to."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.links = [], []
        self.feed(page)

    def handle_data(self, data):
        self.texts.append(data.strip())

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("src", "href")]


def test_what_is_filled_in_is_escaped_and_pictures_are_part_of_the_page(tmp_path):
    write_page(tmp_path / "page.html", "comparison.html", picture=b"\x89PNG", **VALUES, **TABLE)
    text = (tmp_path / "page.html").read_text()
    page = Reader(text)
    assert {"<b>&", "a < b", "second", "train.x: <i>", "<script>", "0.5"} <= set(page.texts)
    assert page.links == ["data:image/png;base64,iVBORw=="]
    assert "http" not in text


def test_what_a_page_lacks_is_no_empty_place(tmp_path):
    with pytest.raises(UndefinedError, match="picture"):
        write_page(tmp_path / "page.html", "comparison.html", **VALUES, **TABLE)
    assert not (tmp_path / "page.html").exists()
