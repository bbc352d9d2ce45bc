"""What says which run or checkpoint is best."""

import pytest

from forge.records.goals import goal_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        (" ", None),
        ("max", None),
        ("min ", None),
        ("max accuracy", ("accuracy", "max")),
        ("min  val/loss ", ("val/loss", "min")),
        ("max loss", ("loss", "max")),
        ("accuracy", ("accuracy", "max")),
        ("val_loss", ("val_loss", "min")),
        ("Error", ("Error", "min")),
        ("top five accuracy", ("top five accuracy", "max")),
        ("max top five", ("top five", "max")),
        ("maximum", ("maximum", "max")),
    ],
)
def test_a_goal_is_a_metric_and_an_end(text, expected):
    assert goal_of(text) == expected
