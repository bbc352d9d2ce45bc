"""Tests of the summary that is kept up with the metrics."""

import math
import tracemalloc
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.records.layout import RunLayout
from forge.records.metrics import format_line, resumed_line
from forge.records.reading import read_metrics
from forge.records.summary import SummaryFile, read_summary
from forge.records.tally import MetricSummary


class Clock:
    """A clock that is a second later each time it is looked at."""

    def __init__(self) -> None:
        self._times = count()

    def __call__(self) -> float:
        return float(next(self._times))


@pytest.fixture(name="layout")
def _layout(tmp_path: Path) -> RunLayout:
    return RunLayout(tmp_path)


def append(layout: RunLayout, *lines: bytes) -> None:
    with layout.metrics.open("ab") as file:
        file.writelines(lines)


def logged(layout: RunLayout, step: int | None, **metrics: float) -> None:
    append(layout, format_line(step, 0.5, metrics))


def test_the_summary_is_one_readable_block_for_each_metric(layout: RunLayout) -> None:
    logged(layout, 1, loss=2.0, rate=1)
    logged(layout, 2, loss=math.nan)
    logged(layout, 3, loss=math.inf)
    SummaryFile(layout).renew()
    assert (
        layout.summary.read_text()
        == """\
{
  "loss": {
    "last": "Infinity",
    "step": 3,
    "min": 2.0,
    "min_step": 1,
    "max": "Infinity",
    "max_step": 3,
    "mean": "Infinity",
    "n": 3
  },
  "rate": {
    "last": 1,
    "step": 1,
    "min": 1,
    "min_step": 1,
    "max": 1,
    "max_step": 1,
    "mean": 1.0,
    "n": 1
  }
}
"""
    )
    assert read_summary(layout.summary)["loss"].max == math.inf


def test_a_run_that_logs_nothing_has_no_summary(layout: RunLayout) -> None:
    SummaryFile(layout).renew()
    assert not layout.summary.exists()
    layout.metrics.touch()
    SummaryFile(layout).renew()
    assert not layout.summary.exists()


def test_only_what_was_appended_is_read_again(layout: RunLayout) -> None:
    summary = SummaryFile(layout)
    logged(layout, 1, loss=2.0)
    summary.renew()
    written = layout.summary.stat().st_ino
    summary.renew()
    assert layout.summary.stat().st_ino == written
    # Were it read again, it would not be found.
    layout.metrics.write_bytes(b"x" * (layout.metrics.stat().st_size - 1) + b"\n")
    logged(layout, 2, loss=1.0)
    summary.renew()
    assert read_summary(layout.summary)["loss"].n == 2


def test_a_summary_that_could_not_be_written_is_written_next_time(
    layout: RunLayout,
) -> None:
    summary = SummaryFile(layout)
    logged(layout, 1, loss=2.0)
    layout.summary.mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - which one, systems do not agree
        summary.renew()
    layout.summary.rmdir()
    summary.renew()
    assert read_summary(layout.summary)["loss"].last == 2.0


def test_a_line_is_counted_when_it_is_whole(layout: RunLayout) -> None:
    summary = SummaryFile(layout)
    line = format_line(1, 0.5, {"loss": 2.0})
    append(layout, line, line[:-5])
    summary.renew()
    assert read_summary(layout.summary)["loss"].n == 1
    append(layout, line[-5:])
    summary.renew()
    assert read_summary(layout.summary)["loss"].n == 2


def test_lines_that_make_no_sense_are_passed_over(layout: RunLayout) -> None:
    logged(layout, 1, loss=2.0)
    append(layout, b"nonsense\n", b"\n", b"[1]\n", b"\xff\n", b'{"step":2}\n')
    append(layout, b'{"event":"resumed","from":"here"}\n', b'{"event":"other"}\n')
    append(layout, b'{"step":1,"time":1,"loss":"high","acc":true,"gap":null}\n')
    append(layout, b"\0" * (3 << 20), b"\n")
    logged(layout, 2, loss=1.0)
    SummaryFile(layout).renew()
    found = read_summary(layout.summary)
    assert list(found) == ["loss"]
    assert (found["loss"].n, found["loss"].last) == (2, 1.0)


def test_a_heartbeat_takes_a_portion_and_the_end_takes_the_rest(
    layout: RunLayout,
) -> None:
    lines = [format_line(step, 0.5, {"loss": 1 / step}) for step in range(1, 20_001)]
    append(layout, *lines)
    summary = SummaryFile(layout, clock=Clock())
    summary.renew(1.5)
    part = read_summary(layout.summary)["loss"].n
    assert 1000 < part < 10_000
    summary.renew(1.5)
    assert read_summary(layout.summary)["loss"].n > part
    summary.renew()
    assert read_summary(layout.summary)["loss"].n == 20_000


def test_memory_does_not_grow_with_the_metrics(layout: RunLayout) -> None:
    tracemalloc.start()
    try:
        peaks = []
        for _ in range(2):
            append(layout, format_line(1, 0.5, {"loss": 2.0}) * 100_000)
            tracemalloc.reset_peak()
            SummaryFile(layout).renew()
            peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2
    assert peaks[1] < 8 << 20


def test_a_resumed_run_goes_on_without_what_is_superseded(layout: RunLayout) -> None:
    before = SummaryFile(layout)
    for step, loss in enumerate((5.0, 4.0, 0.0, 9.0), start=1):
        logged(layout, step, loss=loss)
    before.renew()
    assert read_summary(layout.summary)["loss"].min == 0.0
    after = SummaryFile(layout)
    append(layout, resumed_line(2, 0.5))
    logged(layout, 3, loss=3.0)
    after.renew()
    assert read_summary(layout.summary)["loss"] == MetricSummary(
        last=3.0, step=3, min=3.0, min_step=3, max=5.0, max_step=1, mean=4.0, n=3
    )


def test_a_summary_is_not_made_worse_while_metrics_are_read_again(
    layout: RunLayout,
) -> None:
    lines = [format_line(step, 0.5, {"loss": 1 / step}) for step in range(1, 20_001)]
    append(layout, *lines)
    SummaryFile(layout).renew()
    append(layout, resumed_line(15_000, 0.5))
    summary = SummaryFile(layout, clock=Clock())
    counts = []
    for _ in range(20):
        summary.renew(1.5)
        counts.append(read_summary(layout.summary)["loss"].n)
    # The old file is there until the new one can be better, whatever portions did.
    assert set(counts[6:]) <= {20_000, 15_000}
    assert counts[-1] == 15_000


NUMBERS = st.floats() | st.integers(-(2**70), 2**70)
LOGGED = st.builds(
    format_line,
    st.none() | st.integers(-2, 12),
    st.just(0.5),
    st.dictionaries(st.sampled_from(["loss", "acc", "a/b", '"', "é\n"]), NUMBERS),
)
RESUMED = st.builds(resumed_line, st.integers(-2, 12), st.just(0.5))
BROKEN = st.sampled_from([b"\n", b'{"step":1,\n', b'{"event":1}\n', b"7\n"])


@given(lines=st.lists(LOGGED | RESUMED | BROKEN), at=st.integers(0, 30))
def test_the_summary_says_of_any_metrics_what_their_points_say(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], at: int
) -> None:
    layout = RunLayout(tmp_path_factory.mktemp("run"))
    summary = SummaryFile(layout)
    for part in (lines[:at], lines[at:]):
        append(layout, *part)
        summary.renew()
    found = read_summary(layout.summary) if layout.summary.exists() else {}
    metrics = read_metrics(layout.metrics)
    assert set(found) == set(metrics)
    for name, series in metrics.items():
        one = found[name]
        assert (one.n, one.step) == (len(series), series.steps[-1])
        assert one.last == series.last or math.isnan(one.last)
        numbers = [(v, s) for v, s in zip(series.values, series.steps, strict=True)]
        numbers = [(v, s) for v, s in numbers if not math.isnan(v)]
        values = [v for v, _ in numbers]
        assert one.min == min(values, default=None)
        assert one.max == max(values, default=None)
        if numbers:
            assert one.min_step == numbers[values.index(min(values))][1]
            assert one.max_step == numbers[values.index(max(values))][1]


@given(
    shapes=st.lists(
        st.lists(st.sampled_from(["step", "loss", "acc", "é", "\\"]), unique=True),
        min_size=1,
        max_size=3,
    ),
    odd=st.none() | st.sampled_from([b'"NaN"', b"null", b"true", b'"x"', b"1"]),
)
def test_lines_of_one_shape_are_counted_like_any(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[list[str]], odd: bytes
) -> None:
    layout = RunLayout(tmp_path_factory.mktemp("run"))
    for names in shapes:
        metrics = {name: 0.5 for name in names if name != "step"}
        step = 3 if "step" in names else None
        append(layout, format_line(step, 0.5, metrics) * 700)
        if odd:
            append(layout, b'{"time":0.5,"loss":' + odd + b"}\n")
    SummaryFile(layout).renew()
    found = read_summary(layout.summary) if layout.summary.exists() else {}
    metrics = read_metrics(layout.metrics)
    assert {name: (one.n, one.step) for name, one in found.items()} == {
        name: (len(series), series.steps[-1]) for name, series in metrics.items()
    }


@pytest.mark.parametrize("text", ["[1]", "{", '{"loss": 1}', '{"loss": {"n": 1}}', ""])
def test_a_damaged_summary_is_a_value_error(layout: RunLayout, text: str) -> None:
    layout.summary.write_text(text)
    with pytest.raises(ValueError, match="it "):
        read_summary(layout.summary)


def test_many_events_that_are_alike_are_no_metrics(layout: RunLayout) -> None:
    append(layout, *[b'{"time":0.5,"event":1,"from":2}\n'] * 1000)
    logged(layout, 3, loss=1.0)
    SummaryFile(layout).renew()
    assert (
        {*read_summary(layout.summary)} == {*read_metrics(layout.metrics)} == {"loss"}
    )


def test_a_summary_that_begins_again_knows_only_what_is_there(
    layout: RunLayout,
) -> None:
    logged(layout, 1, loss=1.0, rate=0.1)
    append(layout, resumed_line(0, 0.5))
    logged(layout, 1, loss=2.0)
    file = SummaryFile(layout)
    file.renew()
    layout.metrics.write_bytes(b"")
    file.restart()
    file.renew()
    assert read_summary(layout.summary) == {}
    logged(layout, 2, loss=3.0)
    file.renew()
    assert {n: s.n for n, s in read_summary(layout.summary).items()} == {"loss": 1}
