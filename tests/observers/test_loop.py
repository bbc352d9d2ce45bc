"""Tests of loops that are looked at while they go on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.observers.loop import Loop


class Place:
    """A position and a clock, both moved by hand."""

    def __init__(self, step: int = 0) -> None:
        self.step = step
        self.time = 100.0

    def clock(self) -> float:
        return self.time

    def go(self, steps: int, seconds: float) -> None:
        self.step += steps
        self.time += seconds


def test_a_loop_that_has_not_moved_knows_no_speed() -> None:
    place = Place()
    loop = Loop(place, 10, clock=place.clock)
    place.go(0, 3.0)
    look = loop.look()
    assert (look.step, look.total, look.time) == (0, 10, 3.0)
    assert look.rate is None
    assert look.left is None
    assert look.share == 0.0


def test_how_fast_and_how_long_still() -> None:
    place = Place()
    loop = Loop(place, 100, clock=place.clock)
    place.go(25, 5.0)
    look = loop.look()
    assert (look.rate, look.left, look.share) == (5.0, 15.0, 0.25)
    place.go(75, 15.0)
    assert loop.look().left == 0.0
    assert loop.look().share == 1.0


def test_a_resumed_loop_is_as_far_as_its_run() -> None:
    place = Place(step=60)
    loop = Loop(place, 100, clock=place.clock)
    assert loop.look().share == pytest.approx(0.6)
    place.go(10, 1.0)
    assert loop.look().rate == 10.0


def test_one_pass_begins_at_nothing() -> None:
    place = Place(step=60)
    loop = Loop(place, 100, start=60, clock=place.clock)
    assert loop.look().share == 0.0
    place.go(20, 1.0)
    assert loop.look().share == 0.5


def test_a_loop_without_an_end_knows_its_speed() -> None:
    place = Place()
    loop = Loop(place, None, clock=place.clock)
    place.go(8, 2.0)
    look = loop.look()
    assert (look.rate, look.left, look.share, look.total) == (4.0, None, 0.0, None)


def test_a_pass_over_nothing_is_done() -> None:
    assert Loop(Place(3), 3, start=3).look().share == 1.0


def test_a_slow_first_step_is_soon_forgotten() -> None:
    place = Place()
    loop = Loop(place, 10_000, clock=place.clock)
    place.go(1, 60.0)  # it compiles
    assert loop.look().rate == pytest.approx(1 / 60)
    for _ in range(17):
        place.go(50, 1.0)
        rate = loop.look().rate
    assert rate == 50.0


def test_slow_steps_are_measured_over_several() -> None:
    place = Place()
    loop = Loop(place, 1000, clock=place.clock)
    for i in range(40):
        place.go(1, 20.0 if i % 2 else 40.0)
        rate = loop.look().rate
    assert rate == pytest.approx(1 / 30, rel=0.1)


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0.01, 100)), min_size=1))
def test_a_speed_is_one_that_was_seen(moves: list[tuple[int, float]]) -> None:
    place = Place()
    loop = Loop(place, 10**6, clock=place.clock)
    for steps, seconds in moves:
        place.go(steps, seconds)
        look = loop.look()
        rates = [s / t for s, t in moves]
        assert look.rate is None or 0 < look.rate <= max(rates) * 1.0001
        assert 0 <= look.share <= 1
