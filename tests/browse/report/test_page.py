"""Runs on one page."""

from html.parser import HTMLParser

import pytest
from runfolders import make_run

from forge.browse.report.page import MOST_DRAWN, page
from forge.browse.source import Source
from forge.records.layout import RunLayout


EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))


class Page(HTMLParser):
    """What a browser makes of a page: elements, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.words, self._open = [], [], [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in ("meta", "img", "line", "circle", "path"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(self.words)


def made(root):
    source = Source([root])
    rows = source.find().rows
    return page(rows, source.index.documents(rows), made="Made in a test.")


def points(n, loss=1.0):
    return [{"step": s, "time": s / 10, "loss": loss / s} for s in range(1, n + 1)]


def test_runs_stand_side_by_side_with_their_curves(tmp_path):
    root = tmp_path / "results"
    for number, lr in enumerate((0.1, 0.2), start=1):
        config = {"lr": lr, "steps": 3}
        make_run(root, number=number, config=config, metrics=points(3), output="hi\n")
    text = made(root)
    found = Page(text)
    assert "2 runs" in found.text
    assert found.elements.count("figure") == 1
    assert found.elements.count("polyline") == 2
    assert "Made in a test." in found.text
    # What differs is marked, what does not is not.
    assert '<span class="differs">lr</span>' in text
    assert '<span class="differs">steps</span>' not in text
    # Dates, because nobody knows when it is read.
    assert "2026-11-02 12:00:00 UTC" in found.text
    assert " ago" not in found.text


def test_a_page_fetches_nothing_and_runs_nothing(tmp_path):
    root = tmp_path / "results"
    folder = make_run(
        root,
        config={EVIL: EVIL, "__proto__": EVIL},
        summary={EVIL: {"last": 1.0, "n": 1}},
        metrics=[{"step": 1, "time": 0, EVIL: 1.0}, {"step": 2, "time": 1, EVIL: 2.0}],
        output=f"{EVIL}\r\nfirst\rlast\n",
        label=EVIL,
        status="FAILED",
        error={"type": "ValueError", "message": EVIL},
    )
    RunLayout(folder).error.write_text(EVIL)
    found = Page(made(root))
    assert "script" not in found.elements
    assert "img" not in found.elements
    for tag, name, value in found.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "href"), (tag, value)
    assert "\x1b" not in found.text
    assert "\u202e" not in found.text
    assert "last" in found.text
    assert "first" not in found.text
    assert ("meta", "http-equiv", "Content-Security-Policy") in found.attributes


def test_broken_folders_are_listed_with_the_reason(tmp_path):
    root = tmp_path / "results"
    make_run(root, metrics=points(2))
    RunLayout(make_run(root, number=2)).run.write_text("{")
    RunLayout(make_run(root, number=3)).metrics.mkdir()
    found = Page(made(root))
    assert "train/2" in found.text
    assert "cannot be read" in found.text or "unreadable" in found.text
    assert found.elements.count("polyline") == 1


def test_what_is_left_out_is_said(tmp_path):
    root = tmp_path / "results"
    for number in range(1, MOST_DRAWN + 3):
        make_run(root, number=number, metrics=points(1_000 if number > 3 else 1))
    text = Page(made(root)).text
    assert "2 runs not drawn." in text
    assert "points, with every extreme" in text


def test_only_the_end_of_long_output_is_shown(tmp_path):
    root = tmp_path / "results"
    make_run(root, output="".join(f"line {n}\n" for n in range(1_000)))
    text = Page(made(root)).text
    assert "800 lines before these." in text
    assert "line 999" in text
    assert "line 799\n" not in text
