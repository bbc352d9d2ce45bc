"""Where a run stands in its data, and where a resumed one goes on."""

import random

import pytest

from forge.checkpoints.randomness import random_states
from forge.run.place import Place, Wanted
from forge.run.tracking import steps


class Position:
    """A run's counter."""

    def __init__(self, step=0):
        self.step = step
        self.place = Place()
        self.told = []

    def between_steps(self):
        pass

    def track(self, items, stop=None):
        return steps(self, items, stop)

    def resumed(self, objects=()):
        """A later process that goes on from here."""
        later = Position(self.step)
        place = self.place.saved()
        later.place.want(Wanted(place, random_states(), objects, later.told.append))
        return later


def take(position, items, n, stop=None):
    """Take a few items, and stay in the middle of the loop."""
    found = []
    for step, item in position.track(items, stop):
        found.append(item)
        if len(found) == n:
            assert step == position.step
            break
    return found


class Shuffled:
    """Is in another order each time."""

    def __iter__(self):
        items = list("abcd")
        random.shuffle(items)
        return iter(items)


def test_nothing_was_tracked():
    assert Place().saved() is None


@pytest.mark.parametrize("n", [1, 3, 4, 6])
def test_an_epoch_goes_on_where_it_was_left(n):
    random.seed(4)
    alone = take(Position(), Shuffled(), 12, stop=12)
    random.seed(4)
    first = Position()
    before = take(first, Shuffled(), n, stop=12)
    later = first.resumed()
    random.seed(99)
    assert before + take(later, Shuffled(), 12 - n, stop=12) == alone
    assert later.told == [""]


def test_a_checkpoint_before_anything_is_tracked_keeps_the_place():
    first = Position()
    take(first, "abcd", 3, stop=9)
    between = first.resumed()
    last = between.resumed()
    assert take(last, "abcd", 2, stop=9) == ["d", "a"]


def test_a_pass_that_had_ended_is_followed_by_the_next_one():
    first = Position()
    assert [item for _, item in first.track("ab")] == ["a", "b"]
    later = first.resumed()
    assert [*later.track("ab")] == [(3, "a"), (4, "b")]
    assert later.told == [""]


def test_a_pass_left_at_its_last_item_is_followed_by_the_next_one():
    first = Position()
    take(first, "ab", 2)
    assert [item for _, item in first.resumed().track("ab")] == ["a", "b"]


def test_a_later_loop_begins_at_its_beginning():
    first = Position()
    take(first, "abcd", 3, stop=3)
    later = first.resumed()
    assert take(later, "abcd", 1, stop=3) == []
    assert take(later, "xyz", 2, stop=5) == ["x", "y"]
    assert later.told == [""]


def test_an_earlier_loop_that_goes_further_is_told():
    first = Position()
    take(first, "abcd", 2, stop=2)
    take(first, "wxyz", 3, stop=5)
    later = first.resumed()
    assert take(later, "abcd", 1, stop=9) == ["a"]
    assert "track call number 2, and goes on in number 1" in later.told[0]


def test_other_data_are_told():
    first = Position()
    take(first, [1, 2, 3], 2, stop=5)
    later = first.resumed()
    assert take(later, (4, 5), 1, stop=5) == [4]
    assert later.told == ["its data were a list, and are a tuple"]


def test_data_that_became_shorter_or_different_are_told():
    first = Position()
    take(first, [1, 2, 3, 4], 3, stop=9)
    later = first.resumed()
    assert take(later, [1, 2], 1, stop=9) == [1]
    assert later.told == ["the data ended after 2 items, where 3 had been seen"]
    later = first.resumed()
    assert take(later, [1, 2, 7, 4], 1, stop=9) == [4]
    assert later.told == ["item 3 of the data is another one now"]


def test_what_the_body_restored_is_where_it_was():
    source = iter(range(9))
    first = Position()
    take(first, source, 3, stop=9)
    later = first.resumed(objects=[source])
    assert take(later, source, 2, stop=9) == [3, 4]
    assert later.told == [""]


def test_a_checkpoint_of_an_older_forge_says_nothing():
    later = Position(2)
    later.place.want(Wanted(None, random_states(), (), later.told.append))
    assert take(later, "abc", 1, stop=5) == ["a"]
    assert later.told == ["its checkpoint does not say where the data were"]


class Counting:
    """Is another thing each time."""

    def __init__(self):
        self.times = 0

    def __iter__(self):
        self.times += 1
        return iter([self.times, self.times])


def test_data_that_change_themselves_are_told_from_the_second_epoch_on():
    first = Position()
    source = Counting()
    take(first, source, 1, stop=9)
    assert take(first.resumed(), Counting(), 3, stop=9) == [1, 2, 2]
    first = Position()
    source = Counting()
    take(first, source, 5, stop=9)
    later = first.resumed()
    take(later, Counting(), 1, stop=9)
    assert "change from epoch to epoch" in later.told[0]


def test_a_pass_that_the_body_has_left_is_followed_by_the_next_one():
    random.seed(4)
    alone, first = Position(), Position()
    expected = [take(alone, Shuffled(), 3) for _ in range(3)]
    random.seed(4)
    assert take(first, Shuffled(), 3) == expected[0]
    later = first.resumed()
    assert [take(later, Shuffled(), 3) for _ in range(2)] == expected[1:]
    assert later.told == [""]


def test_an_iterator_that_the_body_has_left_goes_on():
    first, items = Position(), iter("abcdef")
    assert take(first, items, 2) == ["a", "b"]
    later = first.resumed()
    assert take(later, iter("abcdef"), 2) == ["c", "d"]
    assert later.told == [""]


@pytest.mark.parametrize(
    ("module", "later"),
    [
        ("__main__", "forge._runs.r1a2b"),
        ("forge._runs.r1a2b", "forge._runs.r3c4d"),
        ("__main__", "train"),
        ("forge._runs.r1a2b.data.own", "data.own"),
    ],
)
def test_a_type_of_the_script_is_the_same_by_whatever_name(module, later):
    first = Position()
    take(first, type("Own", (Shuffled,), {"__module__": module})(), 3, stop=9)
    again = first.resumed()
    take(again, type("Own", (Shuffled,), {"__module__": later})(), 1, stop=9)
    assert "its data were" not in again.told[0]


def test_types_of_other_names_are_told():
    first = Position()
    take(first, type("Own", (Shuffled,), {"__module__": "__main__"})(), 3, stop=9)
    again = first.resumed()
    take(again, type("Other", (Shuffled,), {"__module__": "__main__"})(), 1, stop=9)
    assert again.told == ["its data were a __main__.Own, and are a __main__.Other"]
