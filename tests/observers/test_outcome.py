"""The last state of a run, as run.json keeps it."""

from msgspec.structs import replace

from forge.observers.base import Completed, Failed, Interrupted
from forge.observers.outcome import ended
from forge.records.runfile import ErrorFact, RunFile, Session
from forge.records.status import Status


FIRST = Session(started="2026-01-01T00:00:00+00:00", status=Status.COMPLETED)
SECOND = Session(started="2026-01-02T00:00:00+00:00", resumed=5)
RUN = RunFile(uid="u", name="train", number=1, status=Status.RUNNING, sessions=(FIRST,))
ERROR = ErrorFact(type="ForgeError", message="it does not fit")
NOW = "2026-01-03T00:00:00+00:00"


def test_a_result_is_kept():
    run = ended(RUN, Completed(NOW, 2.0, {"accuracy": 0.9}))
    assert (run.status, run.result, run.ended) == ("COMPLETED", {"accuracy": 0.9}, NOW)


def test_a_result_that_cannot_be_stored_is_described():
    run = ended(RUN, Completed(NOW, 2.0, {"model": object()}))
    assert run.status is Status.COMPLETED
    assert "object" in str(run.result)


def test_a_signal_is_named():
    assert ended(RUN, Interrupted(NOW, 2.0, "", 15)).reason == "SIGTERM"


def test_a_signal_that_this_system_does_not_know_is_numbered():
    assert ended(RUN, Interrupted(NOW, 2.0, "", 1234)).reason == "signal 1234"


def test_a_refused_resume_leaves_the_run_as_it_was():
    done = replace(RUN, result={"accuracy": 0.9}, ended="before", duration=3.0)
    resumed = replace(done, sessions=(replace(FIRST, ended="before"), SECOND))
    run = ended(resumed, Failed(NOW, 9.0, ERROR, refused=True))
    assert (run.status, run.result) == (Status.COMPLETED, {"accuracy": 0.9})
    assert (run.ended, run.duration, run.error) == ("before", 3.0, None)
    assert run.sessions[-1].status is Status.FAILED
    assert run.sessions[-1].reason == "it does not fit"


def test_a_first_session_cannot_be_refused():
    run = ended(RUN, Failed(NOW, 9.0, ERROR, refused=True))
    assert (run.status, run.error) == (Status.FAILED, ERROR)


def test_the_result_of_an_earlier_session_stays_with_it():
    done = replace(RUN, result={"accuracy": 0.9}, sessions=(FIRST, SECOND))
    for end in (Failed(NOW, 9.0, ERROR), Completed(NOW, 9.0, {"accuracy": 0.7})):
        run = ended(done, end)
        assert run.result != {"accuracy": 0.9}
        assert run.sessions[0].result == {"accuracy": 0.9}
        # Of a session that went on without a result of its own, there is none.
        third = replace(SECOND, resumed=9)
        again = replace(run, status=Status.RUNNING, sessions=(*run.sessions, third))
        last = ended(again, Failed(NOW, 9.0, ERROR))
        assert last.sessions[0].result == {"accuracy": 0.9}
        assert last.sessions[1].result == run.result
