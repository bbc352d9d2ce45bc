"""Iterations begun again and gone through to where they were."""

import random

import numpy as np

from forge.checkpoints.marks import mark
from forge.checkpoints.randomness import random_states, set_random_states
from forge.run.replay import beginning_of, replayed, set_generators


class Drawn:
    """Draws its items from a generator of its own."""

    def __init__(self, rng):
        self.rng = rng

    def __iter__(self):
        return iter(self.rng.permutation(9).tolist())


def place_of(source, taken, **facts):
    """What is saved after some items."""
    beginning = beginning_of(source)
    iterator = iter(source)
    items = [next(iterator) for _ in range(taken)]
    found = {"epoch": 1, "items": taken, "state": None, "ordered": False}
    found |= {"beginning": beginning, "mark": mark(items[-1])}
    return found | facts, [*iterator]


def test_generators_are_set_as_they_were_at_the_beginning():
    source = Drawn(np.random.default_rng(3))
    assert len([*source]) == 9
    place, rest = place_of(source, 4)
    iterator, why = replayed(Drawn(np.random.default_rng(3)), place, random_states())
    assert ([*iterator], why) == (rest, "")


def test_generators_of_other_paths_are_left_alone():
    source = Drawn(np.random.default_rng(3))
    set_generators(source, {"elsewhere": None})
    assert source.rng.random() == np.random.default_rng(3).random()


class Lazy:
    """Draws for each item from the generator that everybody uses."""

    def __iter__(self):
        while True:
            yield random.random()


def test_what_draws_for_each_item_is_exact_where_nobody_else_draws():
    random.seed(1)
    place, _ = place_of([0], 1)
    source = Lazy()
    beginning, iterator = beginning_of(source), iter(source)
    items = [next(iterator) for _ in range(3)]
    place |= {"beginning": beginning, "items": 3, "mark": mark(items[-1])}
    now = random_states()
    found, why = replayed(Lazy(), place, now)
    set_random_states(now)
    assert (next(found), why) == (_after(now), "")

    random.random()  # the body draws as well
    place["mark"] = "other"
    _, why = replayed(Lazy(), place, random_states())
    assert why.startswith("the data draw random numbers for each item")
    _, why = replayed(Lazy(), place | {"ordered": True}, random_states())
    assert why == ""


def _after(states):
    """The number that comes after some states."""
    before = random.getstate()
    set_random_states(states)
    found = random.random()
    random.setstate(before)
    return found


def test_iterators_made_for_each_epoch_do_not_say_enough():
    place = {"epoch": 2, "items": 1, "state": None, "ordered": False}
    place |= {"beginning": None, "mark": mark(1)}
    iterator, why = replayed(iter([1, 2]), place, random_states())
    assert [*iterator] == [2]
    assert "give _run.track what it is made of" in why
