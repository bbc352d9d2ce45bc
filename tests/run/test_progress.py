"""What `track` shows while it goes on."""

import os
import threading

import pytest

from forge.run.progress import Progress


class Place:
    """Where a run stands."""

    step = 0


class Paper:
    """A screen that keeps what was drawn on it."""

    period = 0.01

    def __init__(self):
        self.drawn = []
        self.moved = threading.Event()

    def draw(self, name, look, metrics):
        self.drawn.append((name, look.step, look.total, metrics))
        self.moved.set()

    def clear(self):
        self.drawn.append(None)


def logged():
    """What was logged last."""
    return {"loss": 0.5}


@pytest.fixture
def paper():
    return Paper()


@pytest.fixture
def progress():
    return Progress("train/3")


def test_a_loop_is_drawn_until_it_ends(progress, paper):
    place = Place()
    with progress.drawn_on(paper, logged):
        assert progress.is_drawn
        with progress.watching(place, "abcd", None):
            place.step = 2
            assert paper.moved.wait(10)
        assert paper.drawn[0] == ("train/3", 2, 4, {"loss": 0.5})
        assert paper.drawn[-1] is None
        assert progress.look() is None
        paper.moved.clear()
        with progress.watching(place, iter("ab"), 9):
            assert paper.moved.wait(10)
        assert paper.drawn[-2] == ("train/3", 2, 9, {"loss": 0.5})
        assert paper.drawn[-1] is None
    assert not progress.is_drawn


def test_one_thread_is_enough_and_ends(progress, paper):
    before = threading.active_count()
    with progress.drawn_on(paper, logged):
        for _ in range(100):
            with progress.watching(Place(), "ab", None):
                pass
        assert threading.active_count() <= before + 1
    assert threading.active_count() == before


def test_a_short_loop_is_not_drawn(progress, paper):
    with progress.drawn_on(paper, logged), progress.watching(Place(), "ab", None):
        pass
    assert [drawn for drawn in paper.drawn if drawn] == []


def test_a_loop_within_a_loop(progress):
    place = Place()
    with progress.watching(place, "abc", None):
        with progress.watching(place, "abcde", None):
            assert progress.look().total == 5
        assert progress.look().total == 3
    assert progress.look() is None


def test_a_hidden_one_does_nothing(paper):
    progress = Progress("train/3", hidden=True)
    before = threading.active_count()
    with progress.drawn_on(paper, logged), progress.watching(Place(), "ab", None):
        assert progress.look() is None
        assert not progress.is_drawn
        assert threading.active_count() == before
    assert paper.drawn == []


def test_without_a_screen_no_thread_is_needed(progress):
    before = threading.active_count()
    with progress.drawn_on(None, logged), progress.watching(Place(), "ab", 7):
        assert progress.look().total == 7
        assert threading.active_count() == before


class Unsized:
    """Items that cannot say how many they are."""

    def __len__(self):
        raise RuntimeError("nobody knows")


@pytest.mark.parametrize("items", [iter("ab"), Unsized()], ids=["iterator", "raises"])
def test_a_length_that_nobody_knows(progress, items):
    with progress.watching(Place(), items, None):
        assert progress.look().total is None


def test_a_screen_that_fails_is_survived(progress, paper):
    def fail(*_):
        paper.moved.set()
        raise OSError("gone")

    paper.draw = paper.clear = fail
    with progress.drawn_on(paper, logged), progress.watching(Place(), "ab", None):
        assert paper.moved.wait(10)


def test_a_fork_in_a_loop_can_leave_it(progress, paper):
    with progress.drawn_on(paper, logged), progress.watching(Place(), "ab", None):
        with progress._lock:  # as if it were drawn at this moment
            child = os.fork()
            if child == 0:
                progress._end(None)
                os._exit(0)
            _, status = os.waitpid(child, 0)
        assert status == 0
