"""A run whose body is the rest of the process, or of a notebook."""

import os

import pytest

import forge
from forge.component import Component
from forge.configuration.tree import Scope, Tree
from forge.configuration.values import Config
from forge.records.status import Status
from forge.run.lasting import Lasting
from forge.run.plan import Plan


@pytest.fixture(name="begin")
def _begin(project):
    def begin(**values):
        root = Component("script", "train", dict, "train", "")
        config = Config(Tree(Scope("", root)), {"seed": 1, **values}, {})
        plan = Plan(name="train", root=root, config=config, capture="no", quiet=True)
        return Lasting(plan, None)

    return begin


def test_a_run_lasts_until_it_is_ended(begin, project):
    lasting = begin(lr=0.5)
    assert forge.current_run() is lasting.run
    lasting.run.log(loss=1.0, step=1)
    assert project.record().status is Status.RUNNING
    lasting.tell_flags({"lr": 0.5, "late": 1})
    lasting.end(None)
    assert forge.current_run() is None
    record = project.record()
    assert record.status is Status.COMPLETED
    assert record.config == {"lr": 0.5, "late": 1}


def test_a_run_ends_with_what_ended_it(begin, project):
    begin().end(ValueError("bad"))
    record = project.record()
    assert record.status is Status.FAILED
    assert record.error.message == "bad"


def test_the_end_is_saved_like_that_of_any_run(begin, project):
    lasting, weights = begin(), {"value": 1.0}
    lasting.run.checkpoint(step=1, weights=weights)
    lasting.run.log(loss=1.0, step=3)
    lasting.end(None)
    assert project.record().checkpoints == (1, 3)


def test_an_end_that_cannot_be_saved_is_remarked(begin, project):
    lasting, weights = begin(), {"value": 1.0}
    lasting.run.checkpoint(step=1, weights=weights)
    weights["value"] = object()
    lasting.run.log(loss=1.0, step=2)
    lasting.end(None)
    record = project.record()
    assert record.status is Status.COMPLETED
    assert any("no final checkpoint" in note for note in record.run.notes)


def test_no_second_run_is_recorded_meanwhile(begin, project):
    lasting = begin()
    with pytest.raises(forge.ForgeError) as caught:
        project.load().train.run(quiet=True)
    assert caught.value.code == "run-in-run"
    lasting.end(None)


def test_a_child_made_by_fork_does_not_end_the_run(begin, project):
    lasting = begin()
    pid = os.fork()
    if pid == 0:
        lasting.end(None)
        os._exit(3 if lasting.is_fork else 4)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
    assert project.record().status is Status.RUNNING
    lasting.end(None)
