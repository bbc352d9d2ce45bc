"""Runs that share everything but their seeds."""

import math
import sys

import pytest
from runfolders import make_run

from forge.browse.collection import runs
from forge.browse.groups import Statistic, is_seed, statistic
from forge.errors import ForgeError


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


def _some(root) -> None:
    for number, status in enumerate(["COMPLETED", "FAILED", "FAILED"], start=1):
        make_run(
            root,
            number=number,
            status=status,
            config={"n": number % 2, "model.width": 8, "lr": None}
            if number < 3
            else {"n": 1},
            summary={"loss": {"last": number // 2, "step": 1, "min": 0}},
            result={"ok": number > 1},
        )


def _by(root, names: str) -> list:
    return [(group.config, group.n) for group in runs(root).group(names)]


def test_groups_share_whatever_can_be_a_column(tmp_path) -> None:
    _some(tmp_path)
    assert _by(tmp_path, "run.status") == [
        ({"run.status": "FAILED"}, 2),
        ({"run.status": "COMPLETED"}, 1),
    ]
    assert _by(tmp_path, "status,ok") == [
        ({"status": "FAILED", "ok": True}, 2),
        ({"status": "COMPLETED", "ok": False}, 1),
    ]
    assert _by(tmp_path, "loss") == [({"loss": 1}, 2), ({"loss": 0}, 1)]
    assert _by(tmp_path, "loss.min") == [({"loss.min": 0}, 3)]
    # A run without it is not one where it is none.
    assert _by(tmp_path, "lr") == [({}, 1), ({"lr": None}, 2)]
    assert _by(tmp_path, "width,config.n") == [
        ({"n": 1}, 1),
        ({"model.width": 8, "n": 0}, 1),
        ({"model.width": 8, "n": 1}, 1),
    ]
    with pytest.raises(ForgeError, match="no attribute 'stats'"):
        runs(tmp_path).group("run.stats")


def test_a_parameter_goes_before_an_attribute_of_its_name(tmp_path) -> None:
    for number in (1, 2):
        make_run(tmp_path, number=number, config={"status": "mine", "seed": number})
    assert _by(tmp_path, "status") == [({"status": "mine"}, 2)]


def test_what_was_asked_for_is_shown_though_some_runs_lack_it(tmp_path) -> None:
    _some(tmp_path)
    found = runs(tmp_path).compare(group="lr,run.status,width")
    lines = [
        (line["lr"], line["run.status"], line["model.width"], line["n"])
        for line in found.to_dicts()
    ]
    assert lines == [
        (None, "FAILED", None, 1),
        (None, "FAILED", 8, 1),
        (None, "COMPLETED", 8, 1),
    ]
    one = runs(tmp_path)[:1].compare(group="n")
    assert one.to_dicts()[0]["config.n"] == one.to_dicts()[0]["n"] == 1
