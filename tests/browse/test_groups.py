"""Runs that share everything but their seeds."""

import math
import sys

from runfolders import make_run

from forge.browse.collection import runs
from forge.browse.groups import Statistic, is_seed, statistic


def test_seeds_make_no_difference(tmp_path) -> None:
    for number in range(1, 7):
        make_run(
            tmp_path,
            number=number,
            config={
                "lr": 0.1 * (number % 2),
                "seed": number,
                "model.init_seed": number,
            },
            summary={"loss": {"last": float(number), "step": 1}} if number > 1 else {},
        )
    first, second = runs(tmp_path).group()
    assert first.config == {"lr": 0.0}
    assert first.ids == ("train/6", "train/4", "train/2")
    assert first.metrics["loss"] == Statistic(4.0, 2.0, 3, 0)
    assert second.metrics["loss"] == Statistic(4.0, math.sqrt(2), 2, 1)
    (whole,) = runs(tmp_path).group("")
    assert (whole.n, whole.config) == (6, {})


def test_experiments_stay_apart(tmp_path) -> None:
    make_run(tmp_path, "a")
    make_run(tmp_path, "b")
    assert len(runs(tmp_path).group()) == 2


def test_of_the_goal_the_best_counts(tmp_path) -> None:
    for number in (1, 2):
        summary = {"loss": {"last": 5.0, "step": 9, "min": number, "min_step": 1}}
        make_run(tmp_path, number=number, summary=summary, goal="min loss")
    (group,) = runs(tmp_path).group()
    assert list(group.metrics) == ["loss.min", "loss"]
    assert group.metrics["loss.min"].mean == 1.5
    assert group.metrics["loss"].mean == 5.0


def test_what_has_no_mean() -> None:
    assert statistic(["NaN", None, True]) == Statistic(None, None, 0, 3)
    assert statistic([math.inf, 1, 3]) == Statistic(2, math.sqrt(2), 2, 1)
    # So the index keeps an infinity.
    assert statistic([sys.float_info.max, 2]) == Statistic(2, None, 1, 1)
    assert statistic([1e308, 1e308]).mean == 1e308
    assert statistic([-1e308, 1e308]).deviation == math.inf


def test_which_parameters_are_seeds() -> None:
    assert [is_seed(k) for k in ("seed", "model.seed", "data_seed", "seeds", "lr")] == [
        *(True, True, True, False, False)
    ]
