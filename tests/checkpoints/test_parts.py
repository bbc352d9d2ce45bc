"""Objects looked into, as far as is reasonable."""

import random

import numpy as np

from forge.checkpoints.parts import MOST, WIDEST, is_array, is_generator, leaves


class Thing:
    """Has parts."""

    def __init__(self, **parts):
        self.__dict__.update(parts)


def test_plain_values_arrays_and_generators_are_leaves():
    rng, array = random.Random(1), np.zeros(2)
    thing = Thing(a=1, b=Thing(c=[array, rng]), d={"e": "text"}, f=print, g=np)
    found = dict(leaves(thing))
    assert found == {"a": 1, "b.c.0": array, "b.c.1": rng, "d.e": "text"}


def test_circles_and_depths_end():
    thing = Thing(a=1)
    thing.self = thing
    deep = 1
    for _ in range(50):
        deep = [deep]
    thing.deep = deep
    assert dict(leaves(thing)) == {"a": 1}


def test_what_is_wide_is_data():
    assert [*leaves({"data": [0] * (WIDEST + 1), "n": 3})] == [("n", 3)]
    nested = [[[0] * 90] * 90] * 90
    assert len([*leaves([list(row) for row in nested[0]])]) <= MOST * 90


class Difficult:
    """Raises whatever it is asked for."""

    def __getattr__(self, name):
        raise RuntimeError(name)


def test_an_object_that_answers_nothing_is_borne():
    assert [*leaves({"a": Difficult(), "b": 1})] == [("b", 1)]


def test_what_draws_and_what_is_an_array():
    assert is_generator(random.Random(1))
    assert is_generator(np.random.default_rng(1))
    assert is_generator(np.random.RandomState(1))
    assert not is_generator(random)
    assert is_array(np.zeros(2))
    assert not is_array([0.0])
