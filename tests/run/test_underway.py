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
