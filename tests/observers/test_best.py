"""The best value of the metric that decides which run is best."""

import math
from pathlib import Path

from forge.observers.best import Best
from forge.records.goals import Goal
from forge.records.metrics import format_line, resumed_line


def test_the_first_of_equals_is_the_best_and_no_nan() -> None:
    best = Best(Goal("loss", "min"))
    for step, value in enumerate([math.nan, 0.5, 0.25, 0.25, math.nan, 1.0]):
        best.see({"loss": value, "other": -1.0}, step)
    best.see({"other": 0.0}, 9)
    assert (best.value, best.step) == (0.25, 2)


def test_an_infinity_is_a_value() -> None:
    best = Best(Goal("acc", "max"))
    best.see({"acc": -math.inf}, None)
    assert (best.value, best.step) == (-math.inf, None)


def test_a_run_that_goes_on_begins_with_what_still_counts(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    best = Best(Goal("acc", "max"))
    best.see({"acc": 9.0}, 1)
    best.read(path)
    assert math.isnan(best.value)
    lines = [format_line(n, 0.5, {"acc": n / 10}) for n in range(9)]
    path.write_bytes(b"".join([*lines, resumed_line(4, 0.5)]))
    best.read(path)
    assert (best.value, best.step) == (0.4, 4)
