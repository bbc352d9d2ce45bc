"""Stored values as people see them."""

import math

from forge.records.codec import from_json, rich, to_json
from forge.records.showing import readable


def test_numbers_that_json_lacks_are_shown_as_numbers() -> None:
    shown = readable(from_json(to_json(rich({"loss": math.nan, "best": -math.inf}))))
    assert math.isnan(shown["loss"])
    assert shown["best"] == -math.inf


def test_values_that_are_no_form_of_anything_are_shown_as_they_are() -> None:
    for value in (
        {"py/set": [[1]]},
        {"py/b64": "%"},
        {"py/tuple": 1},
        {"forge/dict": [[1]]},
        {"py/object": "os.system", "x": 1},
        {"py/tuple": [1], "more": 2},
    ):
        assert readable(value) == value
