"""What changed since the last time is found by looking at the folders alone."""

import json
import os

from runfolders import make_run

import forge
from forge.browse.index import Index
from forge.records.layout import RunLayout
from forge.records.liveness import hold
from forge.records.processes import this_process


def test_progress_is_told_while_runs_are_read(tmp_path) -> None:
    for number in range(1, 5):
        make_run(tmp_path, "train", number)
    told = []
    Index([tmp_path]).refresh(lambda done, total: told.append((done, total)))
    assert told == [(0, 4)]


def _running(root, **facts):
    """A run of this process that logged more than its summary says."""
    me = this_process()
    return make_run(
        root,
        status="RUNNING",
        duration=None,
        pid=me.pid,
        pid_started=me.started,
        boot=me.boot,
        pid_namespace=me.namespace,
        host={"name": os.uname().nodename},
        metrics=[{"time": at, "step": at, "loss": 1 / at} for at in (1, 2, 4)],
        **facts,
    )


def _age(folder) -> None:
    """Let a folder be so old that it cannot have changed unseen."""
    os.utime(folder, (1, 1))


def test_a_run_that_is_killed_keeps_what_it_logged(tmp_path) -> None:
    old = {"loss": {"last": 1, "step": 1, "min": 1, "max": 1, "n": 1}}
    folder = _running(tmp_path, summary=old)
    index = Index([tmp_path], tmp_path / "index.sqlite")
    with hold(RunLayout(folder)):
        _age(folder)
        index.refresh()
        (row,) = index.find()
        assert (row.attributes["status"], row.attributes["steps"]) == ("RUNNING", 1)
    # Nothing in the folder changes when its process is gone.
    files = sorted(path.name for path in folder.iterdir())
    index.refresh()
    (row,) = index.find()
    assert (row.attributes["status"], row.attributes["steps"]) == ("DEAD", 4)
    (found,) = index.documents([row])
    loss = found.summary["loss"]
    assert (loss["min"], loss["min_step"], loss["max"], loss["n"]) == (0.25, 4, 1, 3)
    assert sorted(path.name for path in folder.iterdir()) == files
    assert json.loads(RunLayout(folder).summary.read_text()) == old
    # It is not read again and again.
    assert index.refresh() == 0
    assert index.find() == [row]


def test_a_run_that_was_killed_before_its_first_summary_has_metrics(tmp_path) -> None:
    folder = _running(tmp_path)
    with hold(RunLayout(folder)):
        pass
    runs = forge.runs(tmp_path).where("loss < 0.3 and steps = 4 and run.status = dead")
    assert [one.summary["loss"].n for one in runs] == [3]
    assert runs.best("loss").dir == folder


def test_a_run_of_a_silent_machine_has_what_it_logged_too(tmp_path) -> None:
    folder = _running(tmp_path, summary={"loss": {"last": 1, "step": 1}})
    run = RunLayout(folder).run
    facts = {**json.loads(run.read_text()), "host": {"name": "far"}, "boot": None}
    run.write_text(json.dumps(facts))
    lock = RunLayout(folder).lock
    lock.touch()
    index = Index([tmp_path], tmp_path / "index.sqlite")
    _age(folder)
    index.refresh()
    assert index.find()[0].attributes["steps"] == 1
    os.utime(lock, (1, 1))
    _age(folder)
    index.refresh()
    (row,) = index.find()
    assert row.attributes["doubt"].startswith("no heartbeat on far for")
    assert (row.attributes["status"], row.attributes["steps"]) == ("RUNNING", 4)
