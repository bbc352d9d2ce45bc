"""Metrics that are read while they are logged."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.browse.tensorboard.tail import Point, Resumed, Tail
from forge.records.metrics import format_line, resumed_line
from forge.records.reading import read_metrics


def test_whole_lines_come_and_torn_ones_wait(tmp_path):
    path = tmp_path / "metrics.jsonl"
    tail = Tail(path)
    assert list(tail.read()) == []
    line = format_line(3, 0.5, {"loss": 2.0})
    path.write_bytes(line + line[:7])
    assert list(tail.read()) == [Point({"loss": 3}, 0.5, {"loss": 2.0})]
    assert list(tail.read()) == []
    path.write_bytes(line + line)
    assert list(tail.read()) == [Point({"loss": 3}, 0.5, {"loss": 2.0})]


def test_a_file_that_is_begun_again_is_read_again(tmp_path):
    path = tmp_path / "metrics.jsonl"
    tail = Tail(path)
    line = format_line(1, 0.0, {"loss": 1.0})
    path.write_bytes(line * 3)
    assert len(list(tail.read())) == 3
    path.write_bytes(line)
    assert len(list(tail.read())) == 1
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match="not a regular file"):
        list(tail.read())


def test_a_resume_is_told_and_steps_go_on_from_it(tmp_path):
    path = tmp_path / "metrics.jsonl"
    lines = [format_line(None, float(n), {"loss": 1.0}) for n in range(4)]
    path.write_bytes(b"".join(lines) + resumed_line(2, 5.0) + lines[0])
    *_, resumed, last = Tail(path).read()
    assert resumed == Resumed(2, 5.0)
    assert last.steps == {"loss": 3}


def test_what_makes_no_sense_is_passed_over(tmp_path):
    path = tmp_path / "metrics.jsonl"
    bad = [b"", b"{", b"[]", b"\xff", b'{"event":"x"}', b'{"event":"resumed"}', b"null"]
    good = format_line(1, 0.0, {"loss": float("nan")})
    path.write_bytes(b"\n".join([*bad, b"x" * (3 << 20), b""]) + good)
    (point,) = Tail(path).read()
    assert point.values["loss"] != point.values["loss"]


numbers = st.integers(-3, 3) | st.none()
lines = st.one_of(
    st.builds(lambda s: resumed_line(s, 1.0), st.integers(0, 5)),
    st.builds(
        lambda s, v: format_line(s, 0.5, v),
        numbers,
        st.dictionaries(st.sampled_from("ab"), st.floats(allow_nan=False), min_size=1),
    ),
    st.just(json.dumps({"step": "x", "time": 1}).encode() + b"\n"),
)


def test_counting_goes_on_from_the_points_that_stay(tmp_path):
    path = tmp_path / "metrics.jsonl"
    one = format_line(3, 0.5, {"a": 1.0})
    path.write_bytes(one + resumed_line(1, 1.0) + format_line(None, 2.0, {"a": 2.0}))
    *_, point = Tail(path).read()
    assert isinstance(point, Point)
    assert point.steps == {"a": 1}


def test_a_metric_counts_on_from_what_a_resume_has_left(tmp_path):
    path = tmp_path / "metrics.jsonl"
    first, later = (format_line(n, 0.0, {"a": 1.0}) for n in (1, 5))
    path.write_bytes(
        first + later + resumed_line(3, 1.0) + format_line(None, 2.0, {"a": 1.0})
    )
    assert [one.steps for one in Tail(path).read() if isinstance(one, Point)][-1] == {
        "a": read_metrics(path)["a"].steps[-1]
    }


@given(st.lists(lines, max_size=12), st.data())
def test_bit_by_bit_as_in_one_go(tmp_path_factory, written, data):
    """However the file grows, the points are those that readers of the whole find."""
    path = tmp_path_factory.mktemp("tail") / "metrics.jsonl"
    content, tail, said, at = b"".join(written), Tail(path), [], 0
    while at < len(content):
        more = data.draw(st.integers(1, len(content)))
        with path.open("ab") as file:
            file.write(content[at : at + more])
        at += more
        said += tail.read()
    points: dict[str, list[tuple[int, float]]] = {}
    for one in said:
        if isinstance(one, Resumed):
            points = {
                name: [p for p in found if p[0] <= one.step]
                for name, found in points.items()
            }
        else:
            for name, value in one.values.items():
                points.setdefault(name, []).append((one.steps[name], value))
    whole = {
        name: list(zip(one.steps, one.values, strict=True))
        for name, one in read_metrics(path).items()
    }
    assert {name: found for name, found in points.items() if found} == whole
