"""Threads that outlive what they do."""

import os
import threading

from forge import _crew
from forge._crew import beside


def test_work_is_done_in_another_thread_and_can_be_waited_for():
    names = []
    work = beside(lambda: names.append(threading.current_thread().name))
    assert work.wait(60)
    assert work.wait()
    assert names == ["forge-beside"]


def test_a_thread_that_is_free_is_taken():
    seen = []
    for _ in range(3):
        # Two at once, so that there are two threads, whatever was there before.
        gate = threading.Event()
        first = beside(lambda gate=gate: (gate.wait(60), seen.append(ident())))
        second = beside(lambda gate=gate: (gate.set(), seen.append(ident())))
        assert first.wait(60)
        assert second.wait(60)
    assert len(seen) == 6
    # Those that were free before came first.
    assert len(set(seen[-4:])) == 2


def ident():
    return threading.get_ident()


def test_waiting_has_an_end():
    gate = threading.Event()
    work = beside(gate.wait)
    assert not work.wait(0)
    assert not work.wait(0.001)
    gate.set()
    assert work.wait(60)


def test_work_that_raises_is_over_and_the_next_one_is_done(monkeypatch):
    told, threads = [], []
    monkeypatch.setattr(threading, "excepthook", told.append)

    def fail():
        threads.append(threading.current_thread())
        raise ZeroDivisionError

    assert beside(fail).wait(60)
    assert beside(lambda: None).wait(60)
    threads[0].join(60)
    assert [error.exc_type for error in told] == [ZeroDivisionError]


def test_threads_without_work_do_not_stay(monkeypatch):
    monkeypatch.setattr(_crew, "IDLE_SECONDS", 0.0)
    threads = []
    work = beside(lambda: threads.append(threading.current_thread()))
    assert work.wait(60)
    threads[0].join(60)
    assert not threads[0].is_alive()
    assert beside(lambda: None).wait(60)


def test_a_fork_waits_for_nothing_and_starts_threads_of_its_own():
    assert beside(lambda: None).wait(60)
    gate = threading.Event()
    work = beside(gate.wait)
    pid = os.fork()
    if not pid:
        fine = work.wait() and beside(lambda: None).wait(60)
        os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    gate.set()
    assert work.wait(60)
