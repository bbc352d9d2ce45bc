"""Tests of the lines on the terminal."""

import io
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from forge.observers.base import (
    Completed,
    Event,
    Failed,
    Heartbeat,
    Interrupted,
    Logged,
    Noted,
    Saved,
    Started,
)
from forge.observers.console import ConsoleObserver, number, seconds
from forge.observers.loop import Look
from forge.records.layout import RunLayout
from forge.records.runfile import ErrorFact, RunFile, Session
from forge.records.status import Status


ENDED = "2026-11-20T23:00:00+00:00"

STARTED = Started(
    layout=RunLayout(Path("results/train/3")),
    run=RunFile(uid="u", name="train", number=3, status=Status.RUNNING),
    flags={},
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def told(*events: Event, **options: object) -> list[str]:
    stream = io.StringIO()
    observer = ConsoleObserver(stream, **options)  # type: ignore[arg-type]
    for event in events:
        observer.receive(event)
    return stream.getvalue().splitlines()


def training(steps: int, rate: float, every: int = 1) -> list[Event]:
    """Log a falling loss for some steps, so many of them a second."""
    return [
        Logged(step, step / rate, {"loss": 1000 / step, "rate": 1e-3})
        for step in range(every, steps + 1, every)
    ]


def test_a_short_run_is_two_lines(message: Callable[[str, str], None]) -> None:
    events = [
        STARTED,
        *training(20, 100.0),
        Completed(ENDED, 12.3, {"accuracy": 0.971}),
    ]
    message("console-short", "\n".join(told(*events)))


def test_metrics_are_told_every_ten_seconds(
    message: Callable[[str, str], None],
) -> None:
    events = [STARTED, *training(4000, 100.0), Completed(ENDED, 40.0)]
    message("console-ten-seconds", "\n".join(told(*events)))


def test_metrics_are_told_every_so_many_steps(
    message: Callable[[str, str], None],
) -> None:
    events = [STARTED, *training(350, 10.0, every=7), Completed(ENDED, 35.0)]
    message("console-steps", "\n".join(told(*events, report_every=100)))


def test_ten_thousand_steps_a_second_stay_readable() -> None:
    lines = told(*training(300_000, 10_000.0), report_every=100)
    assert len(lines) <= 20 + 2 * 30
    assert len(told(*training(300_000, 10_000.0))) == 3


def test_a_slow_run_gets_every_line_it_asked_for() -> None:
    assert len(told(*training(50, 1.0), report_every=1)) == 50


def test_steps_left_out_are_counted(message: Callable[[str, str], None]) -> None:
    events = [Logged(None, float(i), {"loss": 0.5}) for i in range(4)]
    message("console-no-step", "\n".join(told(*events, report_every=2)))


def test_many_metrics_are_cut(message: Callable[[str, str], None]) -> None:
    event = Logged(1, 11.0, {f"layer/{i}": float(i) for i in range(9)})
    message("console-many", "\n".join(told(event)))


def test_the_goal_is_named_at_the_end(message: Callable[[str, str], None]) -> None:
    values = [0.5, math.nan, 0.9, 0.7]
    logs = [Logged(i, 0.1 * i, {"accuracy": v}) for i, v in enumerate(values)]
    lines = [
        told(*logs, Completed(ENDED, 3725.0), goal=goal)[-1]
        for goal in ("max accuracy", "min accuracy", "accuracy", "max f1")
    ]
    message("console-goal", "\n".join(lines))


def test_a_run_that_did_not_complete_says_why(
    message: Callable[[str, str], None],
) -> None:
    error = ErrorFact(type="ValueError", message="shapes (3,) and \x1b[2J\n(4,)")
    ends: list[Event] = [
        Failed(ENDED, 125.0, error, "Traceback …"),
        Failed(ENDED, 0.25, ErrorFact(type="AssertionError")),
        Failed(ENDED, 0.25, ErrorFact(type="ValueError", message="x" * 500)),
        Interrupted(ENDED, 61.0, "Ctrl-C", 2),
        Interrupted(ENDED, 61.0),
    ]
    message("console-not-completed", "\n".join(told(STARTED, end)[-1] for end in ends))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, ""),
        (0.97123, "  result 0.9712"),
        (True, ""),
        ("done", ""),
        (np.float32(0.5), "  result 0.5"),
        (
            {"n": np.int64(12345), "f": 12345.6, "s": "x", "ok": True},
            "  n 12345  f 12350",
        ),
        ([], "  result []"),
        ([0.97123, np.float32(0.5), 12345], "  result [0.9712, 0.5, 12345]"),
        (("a\x1b\nb", True, None), "  result ['a\\\\x1b', True, None]"),
        ([[1, 2], [], {}, np.zeros(3)], "  result [[…], [], dict, ndarray]"),
        ([*range(1000)], "  result [0, 1, 2, 3, 4, 5] (+994 more)"),
    ],
    ids=str,
)
def test_the_values_of_a_result_are_told(result: object, words: str) -> None:
    (line,) = told(Completed(ENDED, 1.0, result))
    assert line == f"run  COMPLETED in 1.0 s{words}"


@pytest.mark.frameworks
def test_tensors_of_one_number_are_told_as_numbers() -> None:
    torch = pytest.importorskip("torch")
    result = {
        "loss": torch.tensor(0.25, requires_grad=True),
        "n": np.array(4),
        "ok": torch.tensor(data=True),
        "w": torch.ones(2),
    }
    (line,) = told(Completed(ENDED, 1.0, result))
    assert line == "run  COMPLETED in 1.0 s  loss 0.25  n 4"
    (line,) = told(Completed(ENDED, 1.0, [*result.values()]))
    assert line.endswith("result [0.25, 4, True, Tensor]")


def test_quiet_tells_nothing() -> None:
    failed = Failed(ENDED, 1.0, ErrorFact(type="ValueError"))
    assert told(STARTED, *training(9000, 100.0), failed, quiet=True) == []


def test_other_events_are_passed_over() -> None:
    assert told(Heartbeat(10.0)) == []


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    ConsoleObserver(terminal).receive(Completed(ENDED, 1.0))
    assert terminal.getvalue() == "run  \x1b[32mCOMPLETED\x1b[0m in 1.0 s\n"
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    ConsoleObserver(plain).receive(Completed(ENDED, 1.0))
    assert "\x1b" not in plain.getvalue()


def test_the_folder_is_told_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def line(folder: Path) -> str:
        started = Started(layout=RunLayout(folder), run=STARTED.run, flags={})
        return told(started)[0]

    monkeypatch.chdir(tmp_path)
    assert line(tmp_path / "results/train/3") == "train/3  results/train/3"
    assert line(tmp_path.parent / "x") == f"train/3  {tmp_path.parent / 'x'}"


def test_stderr_is_where_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleObserver().receive(STARTED)
    assert capsys.readouterr() == ("", "train/3  results/train/3\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.97123, "0.9712"),
        (12345.6, "12350"),
        (9999.9, "10000"),
        (1e9 / 3, "3.333e+08"),
        (1.234567e-05, "1.235e-05"),
        (0.0, "0"),
        (123456, "123456"),
        (10**20, "1e+20"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
    ],
)
def test_numbers_have_four_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


# Beyond these, rounding to four digits leaves the numbers that a float can be.
@given(st.floats(-1e300, 1e300, allow_subnormal=False) | st.just(math.nan))
def test_a_number_as_written_is_the_number_to_four_digits(value: float) -> None:
    written = float(number(value))
    assert written == pytest.approx(value, rel=5.1e-4, nan_ok=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.324, "0.32 s"), (12.34, "12.3 s"), (125, "2 min 5 s"), (11520, "3 h 12 min")],
)
def test_lengths_of_time_are_written_as_one_says_them(value: float, text: str) -> None:
    assert seconds(value) == text


class Watched:
    """A loop that stands still."""

    def __init__(self, *, is_drawn: bool = False, step: int = 1200) -> None:
        self.is_drawn = is_drawn
        self.step = step

    def look(self) -> Look:
        return Look(step=self.step, start=0, total=5000, rate=100.0, time=12.0)


def test_a_report_says_how_far_the_loop_is(message: Callable[[str, str], None]) -> None:
    lines = [
        *told(Logged(1200, 12.0, {"loss": 0.25}), loop=Watched()),
        *told(Logged(None, 12.0, {"loss": 0.25}), loop=Watched()),
        # The step of something else, such as an epoch.
        *told(Logged(3, 12.0, {"loss": 0.25}), loop=Watched()),
        *told(Logged(5000, 50.0, {"loss": 0.25}), loop=Watched(step=5000)),
    ]
    message("console-loop", "\n".join(lines))


def test_a_silent_loop_is_told_at_heartbeats(
    message: Callable[[str, str], None],
) -> None:
    logged = Logged(1000, 25.0, {"loss": 0.25})
    beats = [Heartbeat(10.0 * i) for i in range(1, 6)]
    lines = told(*beats[:2], logged, *beats[2:], loop=Watched())
    message("console-silent", "\n".join(lines))
    assert told(*beats, loop=Watched(is_drawn=True)) == []
    assert len(told(*beats, report_every=100, loop=Watched())) == 5
    assert told(logged, *beats, report_every=2000, loop=Watched()) == []


def test_what_did_not_complete_says_what_is_saved() -> None:
    saved = Saved(1200, Path("results/train/3/checkpoints/0000001200"))
    (line,) = told(saved, Interrupted(ENDED, 61.0, "SIGTERM", 15))
    assert line == "run  INTERRUPTED in 1 min 1 s  SIGTERM  saved at step 1200"
    assert told(saved, Completed(ENDED, 61.0)) == ["run  COMPLETED in 1 min 1 s"]


def test_a_run_without_a_number_has_a_name() -> None:
    assert told(Completed(ENDED, 1.0), name="train") == ["train  COMPLETED in 1.0 s"]


def test_a_note_is_told_when_it_is_made() -> None:
    events = [Noted("notes", "one"), Noted("notes", "two"), Noted("note", "the user's")]
    assert told(*events, told=["one"]) == ["note: two"]
    assert told(*events, quiet=True) == []


def test_a_best_value_without_a_step_names_none() -> None:
    lines = told(Logged(None, 0.5, {"f1": 0.5}), Completed(ENDED, 1.0), goal="f1")
    assert lines == ["run  COMPLETED in 1.0 s  best f1 0.5"]


def test_a_run_that_goes_on_is_not_reported_before_it_is_due() -> None:
    first, again = Session(started=ENDED), Session(started=ENDED, resumed=1000)
    run = replace(STARTED.run, sessions=(first, again))
    started = Started(layout=STARTED.layout, run=run, flags={}, session=2)
    logs = [Logged(1000 + i, 3600.0 + i, {"loss": 0.5}) for i in range(1, 25)]
    lines = told(started, *logs)[1:]
    assert [line.split("  ")[1] for line in lines] == ["step 1011", "step 1021"]
    lines = told(started, *logs, report_every=20)[1:]
    assert [line.split("  ")[1] for line in lines] == ["step 1020"]
