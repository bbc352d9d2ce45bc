"""Runs that go on: `--resume`, by which code, from which step, with which values."""

import json
import os
import signal

import pytest
from projects import TRAIN, wait_for


@pytest.fixture(autouse=True)
def _script(project):
    project.write()


def changed(project, old='model["w"][0] += 1', new='model["w"][0] += 100'):
    project.write(TRAIN.replace(old, new))


def notes_of(done, words):
    return "\n".join(line for line in done.stderr.splitlines() if words in line)


def test_an_interrupted_run_goes_on_from_its_last_checkpoint(project):
    project("with", "seed=5", "stop_at=3", expect=1)
    assert project.record().checkpoints == (2,)
    first = project.record().result
    assert first is None
    done = project("--resume", "with", "stop_at=0")
    # The steps go on, and so do the data.
    assert done.stdout == "step 3 x 2\nstep 4 x 0\n"
    record = project.record()
    assert project.runs() == ["1"]
    assert record.status == "COMPLETED"
    assert record.error is None
    assert record.checkpoints == (2, 4)
    assert [s.level for s in record.run.sessions] == [None, "exact"]
    assert record.run.sessions[1].level_reason == ""
    # The weights went on, too: as one run of four steps.
    project("with", "seed=5")
    assert project.record("train/2").result == record.result


def test_metrics_after_the_checkpoint_are_superseded(project):
    project("with", "stop_at=3", expect=1)
    project("--resume", "with", "stop_at=0")
    record = project.record()
    assert record.metrics["loss"].steps == (1, 2, 3, 4)
    assert len(record.metrics["loss"].values) == 4
    lines = [
        json.loads(line)
        for line in record.layout.metrics.read_text().split("\n")
        if line
    ]
    assert [line.get("event", line.get("step")) for line in lines] == [
        1,
        2,
        3,
        "resumed",
        3,
        4,
    ]
    assert lines[3]["from"] == 2
    times = [line["time"] for line in lines]
    assert times == sorted(times)


def test_sessions_record_what_was_changed(project):
    project("with", "steps=2", "lr=0.25")
    done = project("--resume", "with", "steps=4", "lr=0.25")
    record = project.record()
    first, second = record.run.sessions
    assert (first.resumed, second.resumed) == (None, 2)
    assert first.status == second.status == "COMPLETED"
    assert first.result is not None
    assert second.result is None  # it is the run's
    assert {k: (c.old, c.new) for k, c in second.changes.items()} == {"steps": (2, 4)}
    assert second.argv == ("train.py", "--resume", "with", "steps=4", "lr=0.25")
    assert second.sources == "sources"
    # flags.json says how the run began.
    assert record.config["steps"] == 2
    assert "note: steps was 2 in train/1, and is 4 from now on" in done.stderr


def test_stored_values_and_the_seed_are_kept(project):
    project("with", "tiny", "model=cnn", "filters=7", "seed=3", "stop_at=1", expect=1)
    before = project.record().config
    project("--resume", "with", "stop_at=0")
    assert project.record().run.sessions[1].changes.keys() == {"stop_at"}
    assert project.record().config == before
    assert project.record().metrics["loss"].steps == (1, 2)


def test_a_run_without_checkpoints_begins_again(project):
    project("with", "stop_at=1", expect=1)
    assert project.record().checkpoints == ()
    done = project("--resume", "with", "stop_at=0")
    assert done.stdout.startswith("step 1 x 0\n")
    assert project.record().run.sessions[1].resumed == 0
    assert project.record().metrics["loss"].steps == (1, 2, 3, 4)


def test_resume_takes_the_newest_run_of_the_body(project):
    project("with", "tiny")
    project("with", "tiny")
    project("evaluate")
    project("--resume", "with", "steps=4")
    assert len(project.record("train/1").run.sessions) == 1
    assert len(project.record("train/2").run.sessions) == 2


@pytest.mark.parametrize("words", [["train/1"], ["results/train/1"], ["--"]])
def test_resume_takes_a_reference(project, words):
    project("with", "tiny")
    project("with", "tiny")
    if words == ["--"]:
        project("--resume=train/1", "with", "steps=4")
    else:
        project("--resume", *words, "with", "steps=4")
    assert len(project.record("train/1").run.sessions) == 2
    assert len(project.record("train/2").run.sessions) == 1


def test_nothing_to_resume(project, message):
    message("nothing-to-resume", project("--resume", expect=2).stderr)
    project("evaluate")
    message("nothing-to-resume-commands", project("--resume", expect=2).stderr)
    assert project.runs() == ["1"]


def test_an_unknown_run_to_resume(project, message):
    project("with", "tiny")
    message("no-run-resume", project("--resume", "train/7", expect=2).stderr)


def test_a_run_of_a_command_cannot_be_resumed(project, message):
    project("evaluate")
    done = project("--resume", "train/1", expect=2)
    message("not-resumable-command", done.stderr)


def test_a_run_of_another_experiment_cannot_be_resumed(project, message):
    project("with", "tiny")
    text = TRAIN.replace("def train(", "def other(").replace("train.", "other.")
    project.write(text, "other.py")
    done = project("--resume", "train/1", script="other.py", expect=2)
    message("not-resumable-other", done.stderr)


def test_an_experiment_may_refuse_to_be_resumed(project, message):
    text = TRAIN.replace("@forge.experiment", "@forge.experiment(resumable=False)")
    project.write(text)
    project("with", "tiny")
    message("not-resumable", project("--resume", expect=2).stderr)


def test_a_live_run_is_left_alone(project, message):
    text = TRAIN.replace(
        "        print(", "        import time; time.sleep(60)\n        print("
    )
    project.write(text)
    process = project.start()
    try:
        metrics = project.folder / "results/train/1/metrics.jsonl"
        assert wait_for(lambda: metrics.exists() and metrics.read_bytes())
        done = project("--resume", expect=2)
    finally:
        process.kill()
        process.communicate()
    message(
        "run-alive-resume", done.stderr.replace(f"process {process.pid}", "process PID")
    )
    assert len(project.record().run.sessions) == 1


def test_changed_sources_stop_a_resume(project, message):
    project("with", "stop_at=3", expect=1)
    changed(project)
    before = project.record().run
    message("code-changed", project("--resume", expect=2).stderr)
    assert project.record().run == before


def test_many_changed_sources_are_named_in_short(project, message):
    names = [f"part{i}" for i in range(6)]
    for name in names:
        project.write("X = 1\n", f"{name}.py")
    text = "".join(f"import {name}\n" for name in names) + TRAIN
    project.write(text)
    project("with", "stop_at=3", expect=1)
    for name in names:
        project.write("X = 2\n", f"{name}.py")
    message("code-changed-many", project("--resume", expect=2).stderr)


def test_current_code_is_kept_beside_the_first(project, message):
    project("with", "seed=5", "stop_at=3", expect=1)
    changed(project)
    done = project("--resume", "--code", "current", "with", "stop_at=0")
    message("note-not-exact", notes_of(done, "bit for bit"))
    record = project.record()
    assert record.run.sessions[1].sources == "sources-2"
    assert record.run.sessions[1].level == "state"
    assert record.run.sessions[1].level_reason == "its code was changed"
    assert "+= 100" in (record.dir / "sources-2/train.py").read_text()
    assert "+= 1\n" in (record.dir / "sources/train.py").read_text()
    assert record.run.components[0].sha256 is not None
    # Two steps by the first code, two by the second.
    project.write()
    project("with", "seed=5")
    fresh = project.record("train/2").result["first"]
    assert record.result["first"] == fresh + 2 * 99


def test_unchanged_code_may_be_asked_for_all_the_same(project):
    project("with", "stop_at=3", expect=1)
    project("--resume", "--code", "current", "with", "stop_at=0")
    assert project.record().run.sessions[1].sources == "sources"


def test_a_third_session_goes_on_with_the_sources_of_the_second(project):
    project("with", "stop_at=3", expect=1)
    changed(project)
    project("--resume", "--code", "current", "with", "steps=6", "stop_at=5", expect=1)
    project("--resume", "with", "stop_at=0")
    record = project.record()
    assert [s.sources for s in record.run.sessions] == [
        "sources",
        "sources-2",
        "sources-2",
    ]
    assert [s.resumed for s in record.run.sessions] == [None, 2, 4]


def test_a_parameter_that_is_gone_is_drift(project, message):
    project("with", "stop_at=3", expect=1)
    changed(project, "n_hidden", "width")
    done = project("--resume", "--code", "current", expect=2)
    message("drift-removed-resume", done.stderr)
    assert len(project.record().run.sessions) == 1


def test_a_body_that_never_restores_begins_again_with_a_note(project, message):
    text = TRAIN.replace("    _run.restore(model=model)\n", "")
    project.write(text)
    project("with", "tiny")
    done = project("--resume", "with", "steps=4")
    note = notes_of(done, "never called")
    message("note-never-restored", note)
    record = project.record()
    assert note.removeprefix("note: ") in record.run.notes
    assert record.metrics["loss"].steps == (1, 2, 3, 4)
    assert record.checkpoints == (2, 4)
    (aside,) = record.layout.checkpoints.glob("abandoned-*")
    assert [p.name for p in aside.iterdir()] == ["0000000002"]


def test_a_resumed_run_interrupted_before_it_restores_keeps_its_checkpoints(project):
    project("with", "stop_at=3", expect=1)
    text = TRAIN.replace(
        "    _run.restore",
        "    if stop_at == 9:\n        raise KeyboardInterrupt\n    _run.restore",
    )
    project.write(text)
    project("--resume", "--code", "current", "with", "stop_at=9", expect=130)
    assert project.record().checkpoints == (2,)
    project("--resume", "with", "stop_at=0")
    assert project.record().metrics["loss"].steps == (1, 2, 3, 4)


def test_what_a_resume_changed_holds_for_the_next_one(project):
    project("with", "stop_at=1", expect=1)
    project("--resume", "with", "steps=6", "stop_at=3", expect=1)
    project("--resume", "with", "stop_at=0")
    record = project.record()
    assert record.metrics["loss"].steps == (1, 2, 3, 4, 5, 6)
    assert record.run.sessions[2].changes.keys() == {"stop_at"}
    assert record.run.sessions[2].changes["stop_at"].old == 3


def test_the_clock_goes_on_after_a_run_was_killed(project):
    text = TRAIN.replace(
        "        print(", "        import time; time.sleep(0.2)\n        print("
    )
    project.write(text)
    process = project.start("with", "steps=100")
    metrics = project.folder / "results/train/1/metrics.jsonl"
    assert wait_for(lambda: metrics.exists() and metrics.read_bytes().count(b"\n") > 4)
    process.kill()
    process.communicate()
    project("--resume", "with", "steps=6")
    times = [json.loads(line)["time"] for line in metrics.read_text().splitlines()]
    assert times == sorted(times)


def test_later_checkpoints_are_set_aside(project):
    """A damaged newest checkpoint is skipped, and out of the way of its successor."""
    project("with", "steps=6")
    record = project.record()
    assert record.checkpoints == (2, 4, 6)
    file = record.layout.checkpoint(6) / "model" / "tree.json"
    file.write_bytes(b"{}" + b" " * 10)
    project("--resume", "with", "steps=8")
    assert project.record().checkpoints == (4, 6, 8)
    assert [s.resumed for s in project.record().run.sessions] == [None, 4]
    (aside,) = record.layout.checkpoints.glob("abandoned-*")
    assert [p.name for p in aside.iterdir()] == ["0000000006"]


def test_a_checkpoint_whose_shapes_differ_changes_nothing(project, message):
    project.write(
        """
        import forge, numpy as np

        @forge.model
        def weights(n=2):
            return np.zeros(n)

        @forge.experiment
        def train(model, steps=2, *, _run: forge.Run):
            _run.restore(model=model)
            for step, _ in _run.track([0], stop=steps):
                model += 1
            return {"sum": model.sum()}

        train.main()
        """
    )
    project()
    before = project.record().checkpoints
    done = project("--resume", "with", "n=3", "steps=4", expect=2)
    text = done.stderr[done.stderr.index("forge: error") :]
    message("checkpoint-mismatch-resume", text.replace(str(project.folder), "PROJECT"))
    assert project.record().checkpoints == before
    # The run stays what it was; the session that was refused is listed.
    assert project.record().status == "COMPLETED"
    assert project.record().run.sessions[-1].status == "FAILED"
    project("--resume", "train/1", "with", "n=2", "steps=4")
    assert project.record().status == "COMPLETED"
    assert project.record().result == {"sum": 8.0}


def test_resume_from_python(project):
    train = project.load().train
    with pytest.raises(ValueError, match="stopped at 3"):
        train.run({"stop_at": 3, "seed": 5}, quiet=True, capture="no")
    run = train.run({"stop_at": 0}, resume=True, quiet=True, capture="no")
    assert run.id == "train/1"
    assert run.result["accuracy"] == 0.5
    assert run.step == 4
    assert project.runs() == ["1"]


def test_sigterm_then_resume_loses_no_step(project):
    text = TRAIN.replace(
        "        print(", "        import time; time.sleep(0.05)\n        print("
    )
    project.write(text)
    process = project.start("with", "steps=40", "seed=5")
    metrics = project.folder / "results/train/1/metrics.jsonl"
    assert wait_for(lambda: metrics.exists() and metrics.read_bytes().count(b"\n") > 5)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143
    record = project.record()
    assert record.status == "INTERRUPTED"
    last = record.metrics["loss"].steps[-1]
    assert record.checkpoints[-1] in {last, last - 1}
    project("--resume")
    assert project.record().metrics["loss"].steps == tuple(range(1, 41))
    project("with", "steps=40", "seed=5")
    assert project.record("train/2").result == project.record().result


def test_resume_in_another_working_directory(project):
    project("with", "stop_at=3", expect=1)
    folder = str(project.folder / "results" / "train" / "1")
    os.chdir("/")
    project.folder, home = project.folder / "elsewhere", project.folder
    project.folder.mkdir()
    try:
        project("--resume", folder, "with", "stop_at=0", script=str(home / "train.py"))
    finally:
        project.folder = home
    assert project.record().status == "COMPLETED"
