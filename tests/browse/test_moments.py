"""Times and spans as people write them."""

import time

from hypothesis import given
from hypothesis import strategies as st

from forge.browse.moments import period_of, seconds_of


def test_spans() -> None:
    assert [seconds_of(t) for t in ("90s", "1.5h", "2d", "1w", "5min", "3m")] == [
        90,
        5_400,
        172_800,
        604_800,
        300,
        180,
    ]
    assert seconds_of("1h30m") == seconds_of("1.5h")
    assert seconds_of("1d2h5min1s") == 86_400 + 7_200 + 300 + 1
    assert seconds_of("3 h") is None
    assert seconds_of("2h05") is None


def test_a_date_is_a_day_of_local_time() -> None:
    now = time.mktime((2026, 11, 20, 13, 0, 0, 0, 0, -1))
    day = period_of("2026-11-20", now)
    assert day == period_of("today", now)
    assert day is not None
    assert day[0] <= now < day[1]
    before = period_of("yesterday", now)
    assert before is not None
    assert before[1] == day[0]
    assert period_of("2h", now) == (now - 7200, now - 7200)
    assert period_of("2026-11-20T12:00:00+00:00", now) == (1795176000.0,) * 2
    assert period_of("now", now) == (now, now)


@given(
    st.text(max_size=12) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True)
)
def test_any_text_is_a_time_or_none(text: str) -> None:
    found = period_of(text, 1.8e9)
    assert found is None or found[0] <= found[1]
