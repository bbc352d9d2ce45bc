"""Acts that other threads do."""

import os
import threading

import pytest

from forge.records.errand import AT_ONCE, Errand, side_by_side


PATIENCE = 60


def test_an_errand_is_done_beside_the_caller() -> None:
    begun, told = threading.Event(), threading.Event()

    def act() -> str:
        begun.set()
        assert told.wait(PATIENCE)
        return threading.current_thread().name

    errand = Errand(act)
    assert begun.wait(PATIENCE)
    told.set()
    assert errand.result() == errand.result() == "forge-beside"


def test_what_goes_wrong_is_raised_where_the_result_is_due() -> None:
    def act() -> None:
        raise OSError("the disk is gone")

    errand = Errand(act)
    errand.wait()
    for _ in range(2):
        with pytest.raises(OSError, match="the disk is gone"):
            errand.result()


@pytest.mark.usefixtures("no_threads")
def test_the_caller_does_it_where_no_thread_can_be_started() -> None:
    assert Errand(threading.current_thread).result() is threading.current_thread()
    assert side_by_side([threading.get_ident] * 3) == [threading.get_ident()] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")
def test_a_forked_child_does_what_its_parent_has_not_finished() -> None:
    told = threading.Event()
    parent = os.getpid()

    def act() -> int:
        assert os.getpid() != parent or told.wait(PATIENCE)
        return os.getpid()

    errand = Errand(act)
    child = os.fork()
    if child == 0:  # pragma: no cover - coverage does not follow
        os._exit(0 if errand.result() == os.getpid() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    told.set()
    assert errand.result() == parent


def test_acts_side_by_side_meet_and_answer_in_their_order() -> None:
    together = threading.Barrier(AT_ONCE, timeout=PATIENCE)

    def act(n: int) -> int:
        together.wait()
        return n

    acts = [lambda n=n: act(n) for n in range(2 * AT_ONCE)]
    assert side_by_side(acts) == list(range(2 * AT_ONCE))
    assert side_by_side([]) == []


def test_side_by_side_ends_only_when_all_have_ended() -> None:
    done: list[int] = []

    def act(n: int) -> None:
        if n == 0:
            raise OSError("the first")
        done.append(n)

    with pytest.raises(OSError, match="the first"):
        side_by_side([lambda n=n: act(n) for n in range(4)])
    assert sorted(done) == [1, 2, 3]
