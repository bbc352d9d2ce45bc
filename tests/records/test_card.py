"""A record in a notebook: nothing that stands in a run folder is obeyed."""

import re

from runfolders import make_run

from forge.records.layout import RunLayout
from forge.records.record import Record


HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">\x1b[31m'


def test_facts_config_and_curves(tmp_path) -> None:
    folder = make_run(
        tmp_path,
        config={"lr": 0.1, "model.hidden": [8, 8]},
        metrics=[{"step": i, "time": i, "loss": 1 / i} for i in range(1, 20)],
        annotations={"tags": ["best"]},
        result={"accuracy": 0.9},
        error={"type": "ValueError", "message": "no"},
        git={"commit": "abc"},
    )
    shown = Record.read(folder)._repr_html_()
    for part in ("train/1 COMPLETED", "lr", "[8, 8]", "best", "<svg", "loss", "0.9"):
        assert part in shown
    assert "ValueError: no" in shown
    assert "<script" not in shown


def test_no_text_of_a_run_is_obeyed(tmp_path) -> None:
    folder = make_run(
        tmp_path,
        config={HOSTILE: HOSTILE, "__proto__": {HOSTILE: [HOSTILE]}},
        metrics=[{"step": 1, "time": 1, HOSTILE: 1}],
        label=HOSTILE,
        result=HOSTILE,
        annotations={"tags": [HOSTILE]},
    )
    shown = Record.read(folder)._repr_html_()
    assert {*re.findall(r"<(\w+)", shown)} <= {
        *[
            "div",
            "b",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "svg",
            "polygon",
            "polyline",
        ]
    }
    assert not re.search(r"<[^>]*\bon\w+=", shown)
    assert "\x1b" not in shown
    assert "&lt;script&gt;" in shown


def test_a_file_that_is_torn_is_said_to_be_so(tmp_path) -> None:
    folder = make_run(tmp_path, metrics=[{"step": 1, "time": 1, "loss": 1}])
    RunLayout(folder).flags.write_text("{")
    shown = Record.read(folder)._repr_html_()
    assert "cannot be read" in shown
    assert "loss" in shown


def test_what_is_much_is_cut(tmp_path) -> None:
    config = {f"p{i}": "x" * 10_000 for i in range(200)}
    assert len(Record.read(make_run(tmp_path, config=config))._repr_html_()) < 50_000


def test_pictures_are_shown_and_large_ones_named(tmp_path) -> None:
    layout = RunLayout(make_run(tmp_path))
    layout.artifacts.mkdir()
    png = b"\x89PNG\r\n\x1a\n"
    (layout.artifacts / '"><script>.png').write_bytes(png)
    (layout.artifacts / "large.png").write_bytes(png + bytes(300_000))
    (layout.artifacts / "evil.png").write_bytes(b"<script>alert(1)</script>")
    shown = Record.read(layout.folder)._repr_html_()
    assert shown.count('<img src="data:image/png;base64,') == 1
    assert "<div>large.png</div>" in shown
    assert "evil" not in shown
    assert "<script" not in shown
