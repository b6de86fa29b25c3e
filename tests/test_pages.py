"""What the pages say is so: links lead somewhere, commands are there, and outputs are what was printed."""

import json
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.pages import LEFT_OUT, SHOWN, refreshed

LISTED = subprocess.run(["git", "ls-files", "*.md"], capture_output=True, text=True, check=True)
PAGES = [Path(name) for name in LISTED.stdout.split()]
MADE = [Path("README.md"), Path("stages/README.md")]  # whose outputs `make readme` makes
README = MADE[0].read_text()
PAGE = """Text.

    $ first \\
        --long
    old
    $ second

    old, too

      indented

Text.

    $ third
    ...

```python
print(1)
```

```text
old
```
"""


def heading_links(text):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in heading_links(target.read_text()), link


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_module_that_is_named_is_there(page):
    for name in re.findall(r"python -m ((?:stages|tests|dnn)[.\w]*\w)", page.read_text()):
        assert find_spec(name) or name.endswith(".NAME"), name


def test_readme_is_short():
    assert len(README.split()) <= 1500


@pytest.mark.parametrize("page", MADE, ids=str)
def test_every_command_has_its_output(page):
    """`make readme` runs them all; an output that it left empty is a command that it has not run yet."""
    shown = list(SHOWN.finditer(page.read_text()))
    assert len(shown) == len(re.findall(r"^    \$ |^```python$", page.read_text(), re.MULTILINE))
    for found in shown:
        assert found["printed"] or found["said"], found[0]


def test_readme_shows_no_other_block():
    """But for the start, whose lines tests/test_pipeline.py runs."""
    start = README.partition("## Get started\n\n")[2].partition("\n\n")[0]
    rest = SHOWN.sub("", README.replace(start, ""))
    assert not re.findall(r"^    .*|^```", rest, re.MULTILINE)
    assert len(start.splitlines()) <= 15


def test_readme_shows_the_committed_results():
    metrics = json.loads(Path("reports/metrics.json").read_text())
    rows = re.findall(r"^    reports/metrics\.json +(\w+) +(\S+) +\S+ +\S+$", README, re.MULTILINE)
    assert {name for name, _ in rows} >= {"epochs", "test_accuracy", "test_errors"}
    assert {name: float(value) for name, value in rows} == pytest.approx(
        {name: metrics[name] for name, _ in rows}, abs=6e-6
    )


def test_the_pictures_that_readme_shows_are_answered_rightly():
    answers = "".join(found["printed"] or "" for page in MADE for found in SHOWN.finditer(page.read_text()))
    assert "data/examples/42.png: 42 (2 digits)" in answers
    assert re.search(r"data/examples/face\.png: .* but doubtful", answers)
    assert "data/examples/blackboard.jpg: 12 307 (5 digits)" in answers


def answering(answers):
    asked = []

    def run(command):
        asked.append(command)
        return answers.pop(0)

    return run, asked


def test_outputs_are_written_in_place_of_the_old_ones():
    run, asked = answering(["one\n", "two\n\nthree\n", "not shown\n", "four\n"])
    text = refreshed(PAGE, run)
    assert [command[-1] for command in asked] == ["first \\\n        --long", "second", "third", "print(1)\n"]
    assert "--long\n    one\n    $ second\n    two\n\n    three\n\nText.\n" in text
    assert f"$ third\n{LEFT_OUT}\n```python" in text
    assert text.endswith("```text\nfour\n```\n")
    assert refreshed(text, answering(["one\n", "two\n\nthree\n", "", "four\n"])[0]) == text


@pytest.mark.parametrize(("printed", "kept"), [("38240b1 06:12 AM", True), ("e62dd10 11:59 PM no", False)])
def test_an_output_stays_where_only_hashes_and_times_differ(printed, kept):
    page = "    $ dvc\n    abc1234 05:43 AM\n"
    assert (refreshed(page, lambda _: printed + "\n") == page) == kept
