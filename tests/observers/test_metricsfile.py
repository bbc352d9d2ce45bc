"""Tests of the file that every `log` call is appended to."""

import math
import resource
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.observers.metricsfile import MetricsFile
from forge.records.metrics import LONGEST_LINE, RESERVED, format_line


NAMES = st.text(st.characters(), max_size=8).filter(lambda name: name not in RESERVED)
VALUES = st.floats() | st.integers(-(10**30), 10**30)
STEPS = st.none() | st.integers(-(10**12), 10**12)


def opened(path: Path, warnings: list[str] | None = None) -> MetricsFile:
    said: list[str] = [] if warnings is None else warnings
    return MetricsFile(path, said.append)


def logged(path: Path, step: int | None, metrics: Mapping[str, float]) -> bytes:
    """Log once; return what is in the file, and check that the metrics stay."""
    path.unlink(missing_ok=True)
    file, before = opened(path), repr(metrics)
    file.log(step, 0.5, metrics)
    assert repr(metrics) == before
    data = path.read_bytes()
    file.close()
    return data


@given(STEPS, st.dictionaries(NAMES, VALUES, max_size=4))
def test_whatever_is_logged_is_in_the_file_as_its_line(
    tmp_path_factory: pytest.TempPathFactory,
    step: int | None,
    metrics: dict[str, float],
) -> None:
    path = tmp_path_factory.getbasetemp() / "logged.jsonl"
    assert logged(path, step, metrics) == format_line(step, 0.5, metrics)


def test_a_line_is_what_the_design_says(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    line = b'{"step":500,"time":0.5,"loss":0.31}\n'
    assert logged(path, 500, {"loss": 0.31}) == line
    assert logged(path, None, {"null": 1}) == b'{"time":0.5,"null":1}\n'


@pytest.mark.parametrize("beside", [-1, 0, 1])
def test_the_longest_line_is_written_whole_and_longer_ones_in_parts(
    tmp_path: Path, beside: int
) -> None:
    name = "n" * (LONGEST_LINE - len('{"step":1,"time":0.5,"":1,"b":2}\n') + beside)
    data = logged(tmp_path / "metrics.jsonl", 1, {name: 1, "b": 2})
    assert data.count(b"\n") == (2 if beside > 0 else 1)
    assert data == format_line(1, 0.5, {name: 1, "b": 2})


def test_what_is_no_number_of_python_is_a_type_error(tmp_path: Path) -> None:
    file = opened(tmp_path / "metrics.jsonl")
    with pytest.raises(TypeError):
        file.log(1, 0.5, {"loss": object()})  # type: ignore[dict-item]
    file.log(2, 0.5, {"loss": math.nan})
    file.close()
    assert file.path.read_bytes() == b'{"step":2,"time":0.5,"loss":"NaN"}\n'


@pytest.mark.parametrize("limit", [0, 10])
def test_a_full_disk_keeps_the_lines_for_later(tmp_path: Path, limit: int) -> None:
    warnings: list[str] = []
    file = opened(tmp_path / "metrics.jsonl", warnings)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        for step in range(3):
            file.log(step, 0.5, {"loss": 0.5})
        assert file.path.stat().st_size == limit
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    file.sync(now=True)
    file.log(3, 0.5, {"loss": 0.5})
    file.close()
    lines = file.path.read_bytes().splitlines(keepends=True)
    whole = [format_line(step, 0.5, {"loss": 0.5}) for step in range(4)]
    # What was cut off stays, as a line that readers pass over.
    assert [line for line in lines if line in whole] == whole
    assert len(lines) == 4 + bool(limit)
    assert len(warnings) == 2
