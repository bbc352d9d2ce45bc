"""Steps counted over a whole run."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.errors import ForgeError
from forge.run.lifecycle import Run


class Place:
    """Where a run stands."""

    def __init__(self, step=0):
        self.step = step
        self.between = []

    def between_steps(self):
        self.between.append(self.step)


@pytest.fixture(name="track")
def _track(project):
    """`_run.track` of a run that nothing is recorded of."""

    def track(items, **options):
        run = bare_run()
        return [*run.track(items, **options)]

    return track


def bare_run():
    from forge.configuration.tree import Scope, Tree
    from forge.configuration.values import Config, Origin
    from forge.observers.dispatch import Dispatcher

    class Nothing:
        path = ""

    config = Config(Tree(Scope("", Nothing)), {"seed": 1}, {"seed": Origin("drawn")})
    return Run("train", config, dispatcher=Dispatcher([]))


def test_steps_begin_at_one(track):
    assert track("ab") == [(1, "a"), (2, "b")]


def test_a_list_begins_again_until_stop(track):
    assert track("ab", stop=5) == [(1, "a"), (2, "b"), (3, "a"), (4, "b"), (5, "a")]


def test_stop_may_come_before_the_end(track):
    assert track("abc", stop=2) == [(1, "a"), (2, "b")]
    assert track("abc", stop=0) == []
    assert track([], stop=0) == []


def test_nothing_to_go_through(track, message):
    assert track([]) == []
    for name, nothing in (("exhausted-empty", iter([])), ("exhausted-list", [])):
        with pytest.raises(ForgeError) as found:
            track(nothing, stop=3)
        message(name, str(found.value))


def test_a_generator_that_is_long_enough(track):
    assert track(itertools.count(), stop=3) == [(1, 0), (2, 1), (3, 2)]
    assert track(x for x in "ab") == [(1, "a"), (2, "b")]


def test_no_item_is_taken_beyond_stop():
    run = bare_run()
    items = iter("abcd")
    assert [*run.track(items, stop=2)] == [(1, "a"), (2, "b")]
    assert [*items] == ["c", "d"]


def test_a_one_shot_iterator_that_ends_early(message):
    run = bare_run()
    seen = []
    with pytest.raises(ForgeError) as found:
        seen.extend(run.track((x for x in "ab"), stop=4))
    assert seen == [(1, "a"), (2, "b")]
    message("exhausted", str(found.value))


def test_a_second_call_goes_on():
    run = bare_run()
    assert [*run.track("ab")] == [(1, "a"), (2, "b")]
    assert [*run.track("cd")] == [(3, "c"), (4, "d")]
    assert [*run.track("ef", stop=5)] == [(5, "e")]
    assert [*run.track("gh", stop=5)] == []
    assert run.step == run.last_step == 5


def test_a_loop_that_is_left_counts_what_was_done():
    run = bare_run()
    for step, _ in run.track(range(10)):
        if step == 3:
            break
    assert run.step == 3
    assert next(iter(run.track("x"))) == (4, "x")


def test_calling_it_counts_nothing_before_the_first_item():
    run = bare_run()
    tracked = run.track("ab")
    run.step = 7
    assert [*tracked] == [(8, "a"), (9, "b")]


@given(
    st.lists(st.integers(), min_size=1, max_size=5),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_any_two_parts_are_as_the_whole(items, first, second):
    whole, parts = bare_run(), bare_run()
    stop = first + second
    expected = [step for step, _ in whole.track(items, stop=stop)]
    found = [step for step, _ in parts.track(items, stop=first)]
    found += [step for step, _ in parts.track(items, stop=stop)]
    assert found == expected == [*range(1, stop + 1)]
