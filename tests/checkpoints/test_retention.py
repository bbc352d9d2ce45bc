"""Which checkpoints are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from forge.checkpoints.manifest import FORMAT, Manifest, stored_metrics
from forge.checkpoints.retention import Retention, ranked
from forge.errors import ForgeError


START = datetime(2026, 1, 1, tzinfo=UTC)


def saved(values: dict[int, float | None]) -> dict[int, Manifest]:
    """Make manifests, one a minute, with a metric where one is given."""
    return {
        step: Manifest(
            format=FORMAT,
            step=step,
            time=(START + i * timedelta(minutes=1)).isoformat(),
            metrics=stored_metrics({} if value is None else {"acc": value}),
            objects={},
            files={},
        )
        for i, (step, value) in enumerate(values.items())
    }


TEN = saved(dict.fromkeys(range(100, 1001, 100)))


def test_the_newest_are_kept() -> None:
    assert Retention(keep_last=2).keep(TEN) == {900, 1000}


def test_none_keeps_all() -> None:
    assert Retention(keep_last=None).keep(TEN) == set(TEN)


def test_the_newest_is_never_pruned() -> None:
    assert Retention(keep_last=0).keep(TEN) == {1000}


def test_the_best_are_kept_beside_the_newest() -> None:
    manifests = saved({1: 0.9, 2: 0.1, 3: 0.95, 4: float("nan"), 5: None, 6: 0.2})
    rules: dict[str, Any] = {"keep_last": 1, "keep_best": 2, "best_metric": "acc"}
    assert Retention(**rules).keep(manifests) == {1, 3, 6}
    assert Retention(**rules, best_mode="min").keep(manifests) == {2, 6}


def test_nan_is_never_best() -> None:
    manifests = saved({1: float("nan"), 2: float("-inf"), 3: float("inf")})
    assert ranked(manifests, "acc", "max") == [3, 2]
    assert ranked(manifests, "acc", "min") == [2, 3]


def test_of_equals_the_later_is_better() -> None:
    assert ranked(saved({1: 0.5, 2: 0.5}), "acc", "max") == [2, 1]


def test_every_nth_step_is_kept() -> None:
    assert Retention(keep_last=1, keep_every=300).keep(TEN) == {300, 600, 900, 1000}


def test_one_is_kept_for_each_stretch_of_time() -> None:
    every = timedelta(minutes=4)
    assert Retention(keep_last=1, keep_every=every).keep(TEN) == {100, 500, 900, 1000}


def test_pinned_steps_are_kept() -> None:
    some = {step: replace(m, pinned=step in {200, 500}) for step, m in TEN.items()}
    assert Retention(keep_last=1).keep(some) == {200, 500, 1000}


def test_keeping_the_best_needs_a_metric(message: Any) -> None:
    with pytest.raises(ForgeError) as e:
        Retention(keep_best=2)
    message("checkpoint-keep-best", str(e.value))


@given(
    steps=st.sets(st.integers(0, 500), min_size=1),
    last=st.integers(0, 5),
    every=st.none() | st.integers(1, 50),
)
def test_the_newest_stays_whatever_the_rules(
    steps: set[int], last: int, every: int | None
) -> None:
    manifests = saved(dict.fromkeys(sorted(steps)))
    kept = Retention(keep_last=last, keep_every=every).keep(manifests)
    assert max(steps) in kept <= steps
