"""What of a run's metrics still counts when it goes on from a checkpoint."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from forge.records.generations import NOTHING, last_step, steps_since
from forge.records.metrics import format_line, resumed_line
from forge.records.reading import read_metrics


def test_a_missing_file_holds_no_step(tmp_path: Path) -> None:
    assert last_step(tmp_path / "metrics.jsonl", 100) == NOTHING


def test_lines_that_are_none_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [b'{"step": 3, "time": 0.5, "a": 1}\n', b'{"step"\n', b"\xff\n"]
    path.write_bytes(b"".join(lines))
    assert last_step(path, 1 << 20) == 3
    assert last_step(path, 0) == NOTHING


def test_files_larger_than_a_portion(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [format_line(step, 0.5, {"a": 1.0}) for step in range(20_000)]
    path.write_bytes(b"".join(lines))
    assert last_step(path, len(b"".join(lines[:12_345]))) == 12_344
    assert last_step(path, 1 << 30) == 19_999


steps = st.none() | st.integers(0, 9)
names = st.sampled_from(["a", "b", "c"])
events = st.lists(
    st.tuples(steps, st.sets(names, min_size=1)) | st.integers(-1, 9), max_size=30
)


@given(before=events, after=events)
def test_it_is_the_highest_of_the_points_that_readers_find(
    tmp_path_factory, before, after
) -> None:
    path = tmp_path_factory.mktemp("run") / "metrics.jsonl"

    def write(events) -> int:
        with path.open("ab") as file:
            for event in events:
                if isinstance(event, int):
                    file.write(resumed_line(event, 0.5))
                else:
                    values = dict.fromkeys(sorted(event[1]), 0.5)
                    file.write(format_line(event[0], 0.5, values))
            return file.tell()

    size = write(before)
    found = [s for series in read_metrics(path).values() for s in series.steps]
    write(after)
    assert last_step(path, size) >= max(found, default=NOTHING)


def test_the_steps_logged_since_some_time(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    assert steps_since(path, 0) == []
    lines = [format_line(step, 0.5, {"a": 1.0}) for step in range(5000)]
    path.write_bytes(b"".join(lines))
    size = path.stat().st_size
    found = steps_since(path, 0)
    assert (found[0], found[-1]) == (0, 4999)
    assert len(found) < 5000
    assert steps_since(path, size - len(lines[-1])) == [4999]
    assert steps_since(path, size) == []
    with path.open("ab") as file:
        file.write(format_line(None, 0.5, {"c": 1}) + resumed_line(7, 0.5))
    assert steps_since(path, size) == []
