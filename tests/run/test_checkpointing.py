"""What a body can do with `_run.checkpoint` and `_run.restore`."""

import pytest

import forge
from forge.records.durable import sha256_file


QUIET = {"quiet": True, "capture": "no"}


def test_checkpoint_saves_what_was_named_last(project, run):
    run(
        "a = {'n': 1}\n"
        "folder = _run.checkpoint(step=1, a=a, b=[2])\n"
        "assert folder == _run.dir / 'checkpoints' / '0000000001', folder\n"
        "_run.checkpoint(step=2)\n"
        "_run.log(loss=1, step=3)\n"
        "_run.checkpoint()",
    )
    record = project.record()
    assert record.checkpoints == (1, 2, 3)
    for step in (1, 2, 3):
        assert {"a", "b"} <= {p.name for p in record.layout.checkpoint(step).iterdir()}


def test_checkpoint_saves_every_component_with_state_otherwise(project, run):
    run("_run.checkpoint(step=1)")
    folder = project.record().layout.checkpoint(1)
    assert {p.name for p in folder.iterdir()} == {"manifest.json", "model", "state"}


def test_checkpoint_takes_metrics_to_be_judged_by(project, run):
    run("_run.checkpoint(step=1, metrics={'val': {'loss': 3}})")
    text = (project.record().layout.checkpoint(1) / "manifest.json").read_text()
    assert '"val/loss"' in text


def test_nothing_with_state(project, message):
    text = """
        import forge

        @forge.experiment
        def train(*, _run: forge.Run):
            _run.checkpoint(step=1)
        """
    with pytest.raises(forge.ForgeError) as found:
        project.load(text).train.run(**QUIET)
    message("nothing-to-save", str(found.value))


def test_the_same_step_is_not_saved_twice(run):
    with pytest.raises(forge.ForgeError) as found:
        run("_run.checkpoint(step=1)\n_run.checkpoint(step=1)")
    assert found.value.code == "checkpoint-exists"


def test_what_cannot_be_saved_is_a_clear_error(project, run):
    with pytest.raises(forge.ForgeError) as found:
        run("_run.checkpoint(step=1, thing=object())")
    assert found.value.code == "checkpoint-type"
    assert project.record().checkpoints == ()


def test_what_was_measured_at_the_end_is_saved(project, run):
    run("for step, _ in _run.track([1, 2, 3]):\n    model['w'][0] += step")
    assert project.record().checkpoints == (3,)
    exp = forge.Experiment.load("train/1")
    assert exp.model["w"][0] == 6
    exp.close()


def test_a_command_saves_nothing_by_itself(project, run):
    run("pass", command="look")
    assert project.record().checkpoints == ()


def test_restore_on_a_fresh_run_changes_nothing(run):
    done = run("w = {'a': 1}\nassert _run.restore(w=w) == 0\nreturn w", record=False)
    assert done.result == {"a": 1}


def test_restore_returns_the_last_finished_step(project, run):
    body = (
        "seen = {'n': 0}\n"
        "first = _run.restore(seen=seen)\n"
        "for step, _ in _run.track([0], stop=first + 2):\n"
        "    seen['n'] += step\n"
        "return first, seen['n']"
    )
    assert run(body).result == (0, 3)
    assert run(body, resume=True, code="current").result == (2, 10)


def test_a_name_that_cannot_be_saved_is_refused_by_a_fresh_run(project, run, message):
    with pytest.raises(forge.ForgeError) as found:
        run("_run.restore(state=[1], model=model)\n_run.note('too late')")
    message("checkpoint-name-restore", str(found.value))


def test_a_checkpoint_in_the_background_is_what_there_was(project, run):
    body = (
        "for step, _ in _run.track([0], stop=5):\n"
        "    model['w'][0] = step\n"
        "    _run.checkpoint(model=model, background=True, metrics={'m': step})\n"
        "    model['w'][0] = -1.0"
    )
    run(body, options="(keep_last=None)")
    record = project.record()
    assert record.checkpoints == (1, 2, 3, 4, 5)
    for step in record.checkpoints:
        exp = forge.Experiment.load("train/1", step=step)
        assert exp.model["w"][0] == step
        exp.close()


FAILS = """\
class Gone:
    def get_state(self):
        from forge.checkpoints.arrays import Array
        def fetch():
            raise OSError(5, 'Input/output error')
        return Array('int8', (1,), fetch)
    def set_state(self, state):
        pass
_run.log(loss=1, step=1)
_run.checkpoint(gone=Gone(), background=True)
from forge.run.underway import current_execution
current_execution()._body._checkpoints._opened()._background.wait()
"""


@pytest.mark.parametrize(
    ("then", "logged"),
    [
        ("_run.log(loss=1, step=2)\n_run.tag('reached')", 2),
        ("_run.checkpoint(step=2, m=model)\n_run.tag('reached')", 1),
        ("pass", 1),
    ],
    ids=["log", "checkpoint", "end"],
)
def test_what_fails_in_the_background_is_raised_by_what_comes_next(
    project, run, then, logged
):
    """What was logged is kept."""
    with pytest.raises(forge.ForgeError, match="checkpoint 1 could not be written"):
        run(FAILS + then)
    record = project.record()
    assert record.status == "FAILED"
    assert record.checkpoints == ()
    assert record.tags == ()
    assert len(record.metrics["loss"]) == logged


def test_a_body_that_fails_is_told_what_else_has_failed(run):
    with pytest.raises(RuntimeError) as found:
        run(FAILS + "raise RuntimeError('stumbled')")
    assert "checkpoint 1 could not be written" in found.value.__notes__[0]


def test_the_end_is_saved_though_one_before_it_failed(project, run):
    with pytest.raises(forge.ForgeError, match="checkpoint 1 could not be written"):
        run(FAILS + "_run.restore(model=model)")
    assert project.record().checkpoints == (1,)


def test_observers_hear_of_it_when_it_is_complete(project, run):
    class Diary:
        def __init__(self):
            self.saved = []

        def receive(self, event):
            if type(event).__name__ == "Saved":
                assert (event.folder / "manifest.json").exists()
                self.saved.append((event.step, dict(event.metrics)))

    diary = Diary()
    body = "_run.checkpoint(step=3, model=model, background=True, metrics={'m': 1})"
    run(body, told=diary)
    assert diary.saved[0] == (3, {"m": 1})


def test_a_partial_restore_tells_what_it_did(run):
    body = (
        "a, b = {'w': 1}, [0] if x == 1 else {}\n"
        "found = _run.restore(a=a, b=b, partial=True)\n"
        "_run.log(loss=1, step=found + 1)\n"
        "told = {k: bool(v) for k, v in found.differences.items()}\n"
        "return found + 0, told, b"
    )
    assert run(body).result == (0, {}, [0])
    done = run(body, resume=True, code="current", config={"x": 2})
    assert done.result == (1, {"a": False, "b": True}, {})


def test_a_signal_waits_for_what_is_saved_in_the_background(project, run):
    """Complete, and told, before the run is INTERRUPTED."""

    class Diary:
        def __init__(self):
            self.heard = []

        def receive(self, event):
            self.heard.append(type(event).__name__)

    body = (
        "import os, signal\n"
        "for step, _ in _run.track([0], stop=3):\n"
        "    _run.checkpoint(model=model, background=True)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    diary = Diary()
    with pytest.raises(SystemExit):
        run(body, told=diary)
    record = project.record()
    assert record.status == "INTERRUPTED"
    assert record.checkpoints == (1,)
    assert diary.heard.index("Saved") < diary.heard.index("Interrupted")


def test_one_for_each_time_is_kept(project, run):
    body = "for step in (1, 2, 3, 4):\n    _run.checkpoint(step=step)"
    daily = "keep_every=__import__('datetime').timedelta(days=1)"
    run(body, options=f"(keep_last=1, final_checkpoint=False, {daily})")
    assert project.record().checkpoints == (1, 4)


def test_a_pinned_one_is_kept(project, run):
    body = "first = _run.last_step + 1\nfor step in (first, first + 1, first + 2):\n"
    body += "    _run.checkpoint(step=step, pinned=step == 2)"
    options = "(keep_last=1, final_checkpoint=False)"
    run(body, options=options)
    assert project.record().checkpoints == (2, 3)
    manifest = project.record().layout.checkpoint(2) / "manifest.json"
    assert '"pinned": true' in manifest.read_text()
    run(
        "_run.restore()\n_run.checkpoint(step=9)",
        options=options,
        resume=True,
        code="current",
    )
    assert project.record().checkpoints == (2, 9)


def test_sizes_alone_are_compared_where_the_experiment_says_so(project, run):
    body = (
        "w = {'n': 1}\n_run.restore(w=w)\nif x == 1: _run.checkpoint(step=1)\nreturn w"
    )
    options, more = "(final_checkpoint=False{})", {"resume": True, "code": "current"}
    run(body, options=options.format(""))
    tree = project.record().layout.checkpoint(1) / "w" / "tree.json"
    tree.write_text(tree.read_text().replace("1", "7"))
    hashed = run(body, options=options.format(""), config={"x": 2}, **more)
    assert hashed.result == {"n": 1}
    sized = options.format(", verify='size'")
    assert run(body, options=sized, config={"x": 3}, **more).result == {"n": 7}


def test_what_a_run_goes_on_from_is_hashed_once(run, monkeypatch):
    hashed = []
    monkeypatch.setattr(
        "forge.checkpoints.folder.sha256_file",
        lambda path, own=sha256_file: hashed.append(path) or own(path),
    )
    body = "w = {'n': 1}\nstep = _run.restore(w=w)\n_run.checkpoint(step=step + x)"
    options = "(final_checkpoint=False)"
    run(body, options=options)
    assert hashed == []
    run(body, options=options, resume=True, config={"x": 2})
    assert len(hashed) == len({*hashed}) > 0
