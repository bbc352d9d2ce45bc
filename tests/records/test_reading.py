"""Metrics read back: together they say what they say line by line."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.records.reading import read_metrics


_lines_of_any_shape = st.lists(
    st.sampled_from(
        [
            b'{"step":1,"time":0.5,"loss":1}',
            b'{"step":2,"time":0.5,"loss":2.5}',
            b'{"time":0.5,"loss":3}',
            b'{"time":1,"loss":4}',
            b'{"step":7,"time":1,"loss":"NaN"}',
            b'{"step":7,"time":1,"loss":1,"accuracy":2}',
            b'{"step":8,"time":1,"accuracy":3}',
            b'{"step":9,"time":1,"f1":4,"accuracy":3}',
            b'{"step":9,"time":1}',
            b'{"time":1,"f1":5}',
            b'{"event":"resumed","from":1,"time":3}',
            b"{half",
        ]
    ),
    max_size=12,
)


@given(_lines_of_any_shape)
def test_lines_read_together_say_what_they_say_alone(tmp_path_factory, lines) -> None:
    path = tmp_path_factory.mktemp("metrics") / "metrics.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forge.records.reading._MANY", 0)
        together = read_metrics(path)
    alone = read_metrics(path)
    assert repr(dict(together)) == repr(dict(alone))
    for name, series in alone.items():
        assert repr(together[name].steps) == repr(series.steps)
        assert repr(together[name].values) == repr(series.values)
        assert together[name].times == series.times
    assert together.bad_lines == alone.bad_lines
    assert together.superseded == alone.superseded


def test_whole_numbers_beyond_every_float_are_infinite(tmp_path) -> None:
    path = tmp_path / "metrics.jsonl"
    greatest = 10**400
    lines = [
        {"step": 1, "time": 0.5, "count": greatest, "both": greatest, "n": 2**70},
        {"step": 2, "time": 0.5, "count": 7, "both": -greatest, "n": 1},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = read_metrics(path)
    assert found["count"].values == (math.inf, 7)
    assert found["both"].values == (math.inf, -math.inf)
    # What a float has room for stays exact.
    assert found["n"].values == (2**70, 1)
