"""Acts that are due in some time."""

import os
import threading

import pytest

from forge import _clock
from forge._clock import Clock, clock


FAR = 3600.0


def test_what_is_due_is_done_in_its_order_by_other_threads():
    clock, told = Clock(), threading.Condition()
    seen = []

    def note(name):
        with told:
            seen.append((name, threading.current_thread().name))
            told.notify_all()

    clock.after(FAR, lambda: note("never"))
    clock.after(0.05, lambda: note("second"))
    clock.after(0.0, lambda: note("first"))
    with told:
        assert told.wait_for(lambda: len(seen) == 2, timeout=60)
    assert seen == [("first", "forge-beside"), ("second", "forge-beside")]


def test_what_is_called_off_is_not_done():
    clock, done = Clock(), threading.Event()
    seen = []
    off = clock.after(0.01, lambda: seen.append(1))
    off.call_off()
    clock.after(0.02, done.set)
    assert done.wait(60)
    assert seen == []


def test_what_takes_long_delays_nothing_else():
    clock, gate, done = Clock(), threading.Event(), threading.Event()
    clock.after(0.0, lambda: gate.wait(60))
    clock.after(0.01, done.set)
    assert done.wait(60)
    gate.set()


def test_a_clock_without_appointments_needs_no_thread(monkeypatch):
    monkeypatch.setattr(_clock, "IDLE_SECONDS", 0.0)
    before = threading.enumerate()
    clock, done = Clock(), threading.Event()
    for _ in range(2):
        clock.after(0.0, done.set)
        assert done.wait(60)
        done.clear()
        for thread in threading.enumerate():
            if thread.name == "forge-clock" and thread not in before:
                thread.join(60)
                assert not thread.is_alive()


@pytest.mark.usefixtures("no_threads")
def test_where_no_thread_can_be_started_it_is_told():
    with pytest.raises(RuntimeError, match="can't start new thread"):
        Clock().after(FAR, print)


def test_a_fork_has_a_clock_of_its_own():
    appointment = clock.after(FAR, print)
    pid = os.fork()
    if not pid:
        done = threading.Event()
        clock.after(0.0, done.set)
        os._exit(0 if done.wait(60) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    appointment.call_off()
