"""Small curves."""

import math
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from forge.records.curves import HEIGHT, WIDTH, spark, svg


@given(st.lists(st.tuples(st.integers(0, 99), st.floats()), max_size=50))
def test_every_series_is_a_picture_within_its_frame(points) -> None:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    picture = ET.fromstring(svg(xs, ys))
    for shape in picture:
        for pair in shape.attrib["points"].split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
    assert len(spark(xs, ys)) <= 40


def test_a_line_of_characters() -> None:
    assert spark(range(8), range(8)) == "▁▂▃▄▅▆▇█"
    assert spark([1, 2, 3], [0.0, math.nan, 1.0]) == "▁ █"
    assert spark([1], [5.0]) == "▅"
    assert spark([], []) == spark([1], [math.inf]) == ""
