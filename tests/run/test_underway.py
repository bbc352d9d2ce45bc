"""Which runs are under way in a process."""

import threading

import pytest

import forge


QUIET = {"quiet": True, "capture": "no"}


def test_two_threads_cannot_record_at_once(project):
    text = """
        import forge, threading

        started, go_on = threading.Event(), threading.Event()

        @forge.experiment
        def train():
            started.set()
            assert go_on.wait(20)

        @forge.experiment
        def other(): ...
        """
    module = project.load(text)
    thread = threading.Thread(target=lambda: module.train.run(**QUIET))
    thread.start()
    try:
        assert module.started.wait(20)
        with pytest.raises(forge.ForgeError, match="train/1 is being recorded"):
            module.other.run(**QUIET)
    finally:
        module.go_on.set()
        thread.join()
    assert project.record().status == "COMPLETED"
    assert module.other.run(**QUIET).status == "COMPLETED"


def test_of_runs_that_begin_at_once_one_is_recorded(project):
    text = """
        import forge, threading

        together, refused = threading.Barrier(6), threading.Semaphore(0)

        @forge.experiment
        def train():
            for _ in range(5):
                assert refused.acquire(timeout=20)
        """
    module, ended = project.load(text), []

    def begin():
        module.together.wait()
        try:
            ended.append(module.train.run(**QUIET).status)
        except forge.ForgeError as error:
            ended.append(error.code)
            module.refused.release()

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["COMPLETED", *["run-in-run"] * 5]
    # Nothing is left of the others.
    assert len(project.runs()) == 1
