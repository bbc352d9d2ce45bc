import json
import math
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runfolders import make_run

from forge.records.metrics import (
    LONGEST_LINE,
    RESERVED,
    format_line,
    resumed_line,
)
from forge.records.reading import read_metrics
from forge.records.record import Record


NAMES = st.text(st.characters(), max_size=8).filter(lambda name: name not in RESERVED)
VALUES = st.floats() | st.integers(-(10**30), 10**30)
STEPS = st.integers(0, 10**12)


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


@given(STEPS, st.floats(0, 1e9), st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
def test_a_line_comes_back_as_it_was_logged(
    tmp_path_factory: pytest.TempPathFactory,
    step: int,
    time: float,
    logged: dict[str, float],
) -> None:
    path = tmp_path_factory.getbasetemp() / "line.jsonl"
    line = format_line(step, time, logged)
    assert line.count(b"\n") == 1
    path.write_bytes(line)
    metrics = read_metrics(path)
    assert metrics.bad_lines == 0
    assert list(metrics) == list(logged)
    for name, value in logged.items():
        series = metrics[name]
        assert (series.steps, series.times) == ((step,), (time,))
        assert repr(series.last) == repr(value)


@pytest.mark.parametrize("step", [3, None])
def test_metrics_too_many_for_a_line_are_written_as_several(
    path: Path, step: int | None
) -> None:
    logged = {f"layer {i}/gradient": float(i) for i in range(60_000)}
    logged["\udcff"] = math.inf
    path.write_bytes(format_line(step, 0.5, logged))
    lines = path.read_bytes().splitlines(keepends=True)
    assert 1 < len(lines) <= 4
    assert all(len(line) <= LONGEST_LINE for line in lines)
    metrics = read_metrics(path)
    assert {name: series.values for name, series in metrics.items()} == {
        name: (value,) for name, value in logged.items()
    }
    assert {series.steps for series in metrics.values()} == {(step or 1,)}
    assert metrics.bad_lines == 0


def test_a_line_is_what_the_design_says() -> None:
    assert format_line(500, 12.25, {"loss": 0.31}) == (
        b'{"step":500,"time":12.25,"loss":0.31}\n'
    )


def test_numbers_that_json_lacks_are_written_by_name() -> None:
    line = format_line(1, 0.5, {"a": math.nan, "b": math.inf, "c": -math.inf, "d": 1})
    assert json.loads(line) == {
        "step": 1,
        "time": 0.5,
        "a": "NaN",
        "b": "Infinity",
        "c": "-Infinity",
        "d": 1,
    }


def test_a_metric_may_be_called_null() -> None:
    assert format_line(1, 0.5, {"null": 2.0}) == b'{"step":1,"time":0.5,"null":2.0}\n'


def test_what_is_no_number_of_python_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        format_line(1, 0.5, {"loss": object()})  # type: ignore[dict-item]


def test_a_missing_file_holds_no_metrics(path: Path) -> None:
    metrics = read_metrics(path)
    assert len(metrics) == 0
    assert repr(metrics) == "<Metrics: none>"
    assert "loss" not in metrics


def test_lines_that_make_no_sense_are_passed_over_and_counted(path: Path) -> None:
    good = format_line(1, 0.5, {"loss": 1.0})
    bad = [
        b"not json\n",
        b"[]\n",
        b'{"step": 1, "loss": 2}\n',
        b'{"step": "1", "time": 1, "loss": 2}\n',
        b'{"step": 1.5, "time": 1, "loss": 2}\n',
        b'{"step": true, "time": 1, "loss": 2}\n',
        b'{"event": "resumed", "from": "x"}\n',
        b"\xff\xfe\n",
        b"[" * 50_000 + b"\n",
        b"1" * 6_000 + b"\n",
    ]
    path.write_bytes(b"\n" + good.join(bad) + good + b'{"step": 3, "time": 1, "lo')
    metrics = read_metrics(path)
    assert metrics["loss"].values == (1.0,) * len(bad)
    assert metrics.bad_lines == len(bad) + 1


def test_a_good_line_that_only_lacks_its_newline_counts(path: Path) -> None:
    path.write_bytes(format_line(1, 0.5, {"loss": 1.0}).rstrip())
    assert read_metrics(path)["loss"].last == 1.0


def test_a_value_that_is_no_number_does_not_spoil_its_line(path: Path) -> None:
    path.write_bytes(b'{"step":1,"time":2,"a":null,"b":"x","c":[1],"d":true,"e":3}\n')
    metrics = read_metrics(path)
    assert list(metrics) == ["e"]
    assert metrics.bad_lines == 0


def test_events_of_later_versions_are_passed_over(path: Path) -> None:
    path.write_bytes(b'{"event": "applause", "time": 1}\n')
    assert read_metrics(path).bad_lines == 0


def test_an_endless_line_does_not_fill_the_memory(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(64 << 20)
    assert 0 < read_metrics(path).bad_lines < 100


def test_a_hole_of_any_size_ends_the_metrics(path: Path) -> None:
    path.write_bytes(format_line(1, 0.5, {"a": 1}))
    os.truncate(path, 1 << 42)
    metrics = read_metrics(path)
    assert metrics["a"].values == (1,)
    assert 0 < metrics.bad_lines < 100


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(OSError, match="not a regular file"):
        read_metrics(path)


def test_after_a_resume_later_points_are_superseded(path: Path) -> None:
    with path.open("wb") as file:
        for step in (1, 2, 3, 4):
            file.write(format_line(step, step / 1, {"loss": step / 1}))
        file.write(format_line(4, 4.0, {"late": 1.0}))
        file.write(resumed_line(2, 5.0))
        for step in (3, 4, 5):
            file.write(format_line(step, step + 5.0, {"loss": step * 10.0}))
    metrics = read_metrics(path)
    assert metrics["loss"].steps == (1, 2, 3, 4, 5)
    assert metrics["loss"].values == (1.0, 2.0, 30.0, 40.0, 50.0)
    assert list(metrics) == ["loss"]
    assert metrics.superseded == 3


def test_without_steps_each_metric_counts_for_itself(path: Path) -> None:
    lines = [{"a": 1.0}, {"a": 2.0, "b": 1.0}, {"b": 2.0}]
    path.write_bytes(b"".join(format_line(None, 0.5, line) for line in lines))
    metrics = read_metrics(path)
    assert metrics["a"].steps == metrics["b"].steps == (1, 2)


def test_the_same_step_twice_is_kept_twice(path: Path) -> None:
    path.write_bytes(format_line(7, 0.5, {"a": 1}) + format_line(7, 0.6, {"a": 2}))
    series = read_metrics(path)["a"]
    assert series.steps == (7, 7)
    assert len(series) == 2
    assert repr(series) == "<Series a: 2 points, last 2>"


def test_reading_while_lines_are_appended_never_sees_a_wrong_point(path: Path) -> None:
    def write() -> None:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for step in range(3_000):
            os.write(fd, format_line(step, 0.0, {"loss": step * 1.0}))
        os.close(fd)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        for series in read_metrics(path).values():
            assert series.values == tuple(map(float, series.steps))
    writer.join()
    assert len(read_metrics(path)["loss"]) == 3_000


@pytest.mark.frameworks
def test_metrics_become_tables(path: Path) -> None:
    path.write_bytes(format_line(1, 0.5, {"a": 1.5, "b": 2.0}))
    metrics = read_metrics(path)
    series = metrics["a"].to_pandas()
    assert (series.name, series.index.name, series[1]) == ("a", "step", 1.5)
    table = metrics.to_pandas()
    assert list(table.columns) == ["metric", "step", "time", "value"]
    assert list(table["metric"]) == ["a", "b"]


def test_a_metric_that_is_not_there_is_said_with_what_there_is(tmp_path) -> None:
    line = {"step": 1, "time": 1, "loss": 1}
    metrics = Record.read(make_run(tmp_path, metrics=[line])).metrics
    assert "los" not in metrics
    assert metrics.get("los") is None
    with pytest.raises(KeyError) as caught:
        metrics["los"]
    assert caught.value.args == ("los",)
    assert caught.value.__notes__ == [
        "The run has these metrics: loss. Did you mean loss?"
    ]
