"""Numbers, times and states as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.browse.wording import (
    NOTHING,
    Look,
    ago,
    dated,
    mark,
    moment,
    readable,
    short,
    took,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4s"), (41, "41s"), (750, "12m30"), (11_100, "3h05"), (187_200, "2d04h")],
)
def test_spans(seconds, text) -> None:
    assert took(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "now"),
        (-5, "now"),
        (300, "5 min ago"),
        (7_300, "2 h ago"),
        (200_000, "2 d ago"),
    ],
)
def test_how_long_ago(seconds, text) -> None:
    assert ago(1.8e9 - seconds, 1.8e9) == text


def test_what_is_far_has_a_date() -> None:
    assert ago(1.7e9, 1.8e9) == "2023-11-14"
    assert ago(1e30, 1.8e9) == "?"
    assert moment(1.7e9) == "2023-11-14T22:13:20.000+00:00"


def test_values() -> None:
    assert [short(v) for v in (0.123456, 1e-9, 12, True, None, "NaN", [1, 2])] == [
        "0.1235",
        "1e-09",
        "12",
        "true",
        "\N{EN DASH}",
        "nan",
        "[1,2]",
    ]
    assert short("x" * 100) == "x" * 39 + "…"
    assert readable(Look.BEST, (0.98712, 9000)) == "0.9871 @ 9000"
    assert readable(Look.VALUE, ["a", "b"]) == "a b"


def test_states() -> None:
    assert mark("COMPLETED") == "✓"
    assert mark("RUNNING", "no heartbeat") == "● dead?"
    assert mark("DEAD") == "† dead"
    assert mark(None) == "? unreadable"


@given(st.text() | st.floats() | st.integers() | st.lists(st.text()))
def test_no_value_moves_the_cursor(value) -> None:
    assert short(value).isprintable()
    assert len(short(value)) <= 40


def test_a_time_that_is_read_long_after() -> None:
    assert dated(1_795_000_000.5) == "2026-11-18 11:06:40 UTC"
    assert dated(None) == ""
    assert dated(1e300)


def test_rooms_and_commits() -> None:
    sizes = [0, 999, 12_345, 1_234_567, 4e9]
    assert [readable(Look.SIZE, size) for size in sizes] == [
        "0 bytes",
        "999 bytes",
        "12.3 kB",
        "1.23 MB",
        "4 GB",
    ]
    assert readable(Look.SIZE, None) == readable(Look.COMMIT, None) == NOTHING
    assert readable(Look.COMMIT, ("c0ffee" * 6, 1)) == "c0ffeec0f+"
    assert readable(Look.COMMIT, ("c0ffee" * 6, None)) == "c0ffeec0f"
