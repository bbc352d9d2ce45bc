"""Curves with axes."""

import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.browse.report.chart import HEIGHT, WIDTH, Line, chart, ticks
from forge.browse.report.palette import Stroke


STROKE = Stroke("#332288", "6 3")
SVG = "{http://www.w3.org/2000/svg}"


def drawn(*series):
    lines = [
        Line(f"run {n}", STROKE, *zip(*s, strict=True)) for n, s in enumerate(series)
    ]
    return ET.fromstring(chart(lines))


def places(element):
    for point in element.attrib["points"].split():
        x, y = map(float, point.split(","))
        yield x, y


def test_higher_values_are_higher_up_and_later_steps_further_right():
    root = drawn([(1, 0.0), (2, 5.0), (4, 10.0)])
    (line,) = root.iter(f"{SVG}polyline")
    xs, ys = zip(*places(line), strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys, reverse=True)
    assert xs[1] - xs[0] == pytest.approx((xs[2] - xs[0]) / 3, abs=0.2)
    assert line.attrib["stroke-dasharray"] == "6 3"
    assert line.find(f"{SVG}title").text == "run 0"


def test_every_extreme_of_many_points_is_seen():
    series = [(n, 0.0) for n in range(100_000)]
    series[77_777] = (77_777, 1.0)
    root = drawn(series)
    (band,) = root.iter(f"{SVG}polygon")
    tops = [y for _, y in places(band)]
    (line,) = root.iter(f"{SVG}polyline")
    assert min(tops) < min(y for _, y in places(line))
    assert len(ET.tostring(root)) < 100_000


def test_where_a_value_is_not_finite_there_is_a_gap_and_a_mark():
    root = drawn([(1, 0.0), (2, 1.0), (3, math.nan), (4, 1.0), (5, 2.0), (6, math.inf)])
    assert len(list(root.iter(f"{SVG}polyline"))) == 2
    marks = [p.find(f"{SVG}title").text for p in root.iter(f"{SVG}path")]
    assert marks == ["not finite at 3", "not finite at 6"]


def test_a_single_point_is_a_dot():
    root = drawn([(7, 0.5)])
    (dot,) = root.iter(f"{SVG}circle")
    assert 0 < float(dot.attrib["cy"]) < HEIGHT


def test_nothing_can_be_drawn_as_well():
    assert not list(ET.fromstring(chart([])).iter(f"{SVG}polyline"))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0.13, 0.92, [0.2, 0.4, 0.6, 0.8]),
        (-5, 5, [-4, -2, 0, 2, 4]),
        (3, 3, [3]),
    ],
)
def test_numbers_at_the_axes_are_round(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)


floats = st.floats(allow_nan=True, allow_infinity=True)
series = st.lists(
    st.tuples(st.integers(-(2**63), 2**63), floats), min_size=1, max_size=30
)


@given(st.lists(series, max_size=3))
def test_whatever_was_logged_the_picture_is_whole(found):
    """It parses, and everything lies within its frame."""
    root = drawn(*found)
    for element in (*root.iter(f"{SVG}polyline"), *root.iter(f"{SVG}polygon")):
        for x, y in places(element):
            assert -1 <= x <= WIDTH + 1
            assert -1 <= y <= HEIGHT + 1


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_numbers_at_the_axes_are_few(low, high):
    low, high = sorted((low, high))
    assert len(ticks(low, high)) <= 12
