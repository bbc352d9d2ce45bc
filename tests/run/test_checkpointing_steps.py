"""Which step a body has reached, and what of its metrics counts after a resume."""

from contextlib import suppress

import pytest

import forge


@pytest.mark.parametrize("first", [0, 1])
def test_a_step_that_is_only_saved_is_the_last_one_as_well(project, run, first):
    run(
        "w = [0]\n"
        f"for epoch in range({first}, 3):\n"
        "    w[0] = epoch\n"
        "    _run.checkpoint(step=epoch, w=w)"
    )
    assert project.record().checkpoints == tuple(range(first, 3))


def test_what_is_logged_after_the_last_checkpoint_is_saved(project, run):
    run(
        "_run.log(loss=1, step=100)\n"
        "_run.checkpoint(step=100, w=[1])\n"
        "_run.log(loss=1, step=200)"
    )
    assert project.record().checkpoints == (100, 200)


EPOCHS = """
w = [0.0]
start = _run.restore(w=w)
for epoch in range(start + 1, 4):
    STEPS
        w[0] += 1
        _run.log(loss=w[0], step=step)
        if step == x: raise END
    _run.log(val=epoch, step=epoch)
    _run.checkpoint(step=epoch, w=w)
return w[0]
"""


@pytest.mark.parametrize("end", ["KeyboardInterrupt", "ValueError('x')"])
@pytest.mark.parametrize(
    "steps",
    [
        "for step in range(10 * epoch - 9, 10 * epoch + 1):",
        "for step, _ in _run.track(range(10)):",
    ],
)
def test_epochs_are_saved_and_steps_of_batches_logged(project, run, steps, end):
    body = EPOCHS.replace("STEPS", steps).replace("END", end)
    with suppress(KeyboardInterrupt, ValueError):
        run(body, config={"x": 25})
    # What was interrupted in the middle of an epoch has no number among the epochs.
    assert project.record().checkpoints == (1, 2)
    again = run(body, config={"x": 0}, resume=True, code="current")
    assert again.result == 30
    record = project.record()
    assert record.checkpoints == (1, 2, 3)
    # What was logged before the checkpoint counts, whatever its step is.
    assert record.metrics["loss"].steps == tuple(range(1, 31))
    assert record.metrics["loss"].values == tuple(range(1, 31))
    assert record.metrics["val"].steps == (1, 2, 3)
    assert record.summary["loss"].n == 30


def test_the_end_of_a_body_that_numbers_its_checkpoints_itself_is_not_saved(
    project, run
):
    body = EPOCHS.replace("STEPS", "for step in range(9 * epoch, 9 * epoch + 9):")
    run(f"{body.rpartition('return')[0]}_run.log(end=1, step=99)")
    assert project.record().checkpoints == (1, 2, 3)
    more = body.replace("4)", "5)").rpartition("return")[0]
    run(f"{more}_run.log(end=1, step=99)", resume=True, code="current")
    assert project.record().checkpoints == (2, 3, 4)


def test_why_an_interrupted_body_has_no_last_checkpoint(project, run, message):
    body = EPOCHS.replace("STEPS", "for step, _ in _run.track(range(10)):")
    with suppress(KeyboardInterrupt):
        run(body.replace("END", "KeyboardInterrupt"), config={"x": 25})
    message("no-number-for-the-last-step", project.record().run.notes[-1])


def test_a_body_that_begins_again_logs_anew(project, run):
    body = "for step in (1, 2, 3): _run.log(loss=step * x, step=step)\n"
    run(f"{body}_run.log(first=1, step=3)\n_run.checkpoint(step=3)")
    run(
        f"{body}_run.checkpoint(step=3)\n_run.log(loss=8, step=4)",
        config={"x": 2},
        resume=True,
        code="current",
    )
    record = project.record()
    assert record.metrics["loss"].steps == (1, 2, 3, 4)
    assert record.metrics["loss"].values == (2, 4, 6, 8)
    assert record.summary["loss"].n == 4
    assert "first" not in record.metrics
    assert record.run.sessions[1].resumed == 0


def test_a_step_that_could_not_be_saved_is_not_the_last_one(project, run):
    run(
        "_run.log(loss=1, step=5)\n"
        "try:\n"
        "    _run.checkpoint(step=9, w=object())\n"
        "except forge.ForgeError:\n"
        "    _run.checkpoint(w=[1])"
    )
    assert project.record().checkpoints == (5,)


def test_a_step_below_the_newest_is_kept_and_told(project, run, caplog, message):
    run(
        "for step in (100, 200, 300, 50, 60):\n"
        "    folder = _run.checkpoint(step=step, w=[step])\n"
        "    assert folder.exists()"
    )
    assert project.record().checkpoints == (60, 100, 200, 300)
    (told,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    message("step-below-the-newest", told)


def test_a_run_of_which_no_checkpoint_is_whole_begins_again(project, run):
    run("_run.checkpoint(step=1)\n_run.checkpoint(step=2)")
    layout = project.record().layout
    (layout.checkpoint(1) / "manifest.json").unlink()
    (layout.checkpoint(2) / "manifest.json").write_text("{")
    run("_run.restore()\n_run.checkpoint(step=1)", resume=True, code="current")
    assert project.record().checkpoints == (1,)
    (aside,) = layout.checkpoints.glob("abandoned-*")
    assert {path.name for path in aside.iterdir()} == {"0000000001", "0000000002"}


def test_steps_that_nothing_names(run, message):
    body = "for epoch in (1, 2):\n    _run.log(loss=1)\n    _run.checkpoint(w=[epoch])"
    with pytest.raises(forge.ForgeError) as found:
        run(body)
    assert found.value.code == "checkpoint-exists"
    message("checkpoint-exists-unnamed", str(found.value))


def test_the_best_of_a_run_that_goes_on_may_be_an_earlier_one(run, capsys):
    body = (
        "start = _run.restore(w=[0])\n"
        "for step in range(start + 1, x + 1):\n"
        "    _run.log(loss=abs(step - 2) / 4, step=step)\n"
        "    if step != 4: _run.checkpoint(step=step)"
    )
    options = "(goal='min loss', final_checkpoint=False)"
    for x in (4, 6):
        again = {"resume": True, "code": "current"} if x > 4 else {}
        run(body, options=options, config={"x": x}, quiet=False, **again)
        assert "best loss 0 at step 2" in capsys.readouterr().err.splitlines()[-1]


PASSES = """
w = [0.0]
_run.restore(w=w)
while _run.step < 18:
    for step, item in _run.track([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]):
        w[0] = w[0] * 0.9 + item
        if step == x:
            END
        LOG
return w[0]
"""


@pytest.mark.parametrize(
    "end",
    [
        "raise KeyboardInterrupt",
        "raise SystemExit(0)",
        "os.kill(os.getpid(), signal.SIGTERM)",
        "os.kill(os.getpid(), signal.SIGTERM); return w[0]",
    ],
)
def test_a_pass_that_was_interrupted_goes_on(project, run, end):
    body = f"import os, signal\n{PASSES}".replace("END", end).replace("LOG", "pass")
    alone = run(body, config={"x": 0})
    with suppress(KeyboardInterrupt, SystemExit):
        run(body, config={"x": 8})
    again = run(body, config={"x": 0}, resume="train/2", code="current")
    assert again.result == alone.result
    assert project.record("train/2").run.sessions[1].level == "exact"


@pytest.mark.parametrize(
    ("every", "log", "end"),
    [
        (5, "step=step + 1", ""),
        (1, "step=step + 1", "_run.log(end=1, step=19)"),
        (5, "step=step)\n    step == 11 and _run.log(far=1, step=1000", ""),
        (5, "step=step)\n    step > 13 and _run.log(far=1, step=99 + step", ""),
        (5, "step=step)\n    step == 2 and _run.checkpoint(step=0", ""),
    ],
)
def test_bodies_with_one_count_have_their_end_saved(project, run, every, log, end):
    done = run(
        "w = [0]\n"
        "_run.restore(w=w)\n"
        "for step in range(1, 19):\n"
        f"    _run.log(loss=1, {log})\n"
        f"    if step % {every} == 0: _run.checkpoint(step=step)\n{end}"
    )
    assert project.record().checkpoints[-1] == done.last_step >= 18


def test_a_checkpoint_that_is_refused_says_nothing_of_the_count(project, run):
    run(
        "for step in range(1, 9):\n"
        "    _run.log(loss=1, step=step)\n"
        "    if step == 4: _run.checkpoint(step=4)\n"
        "try:\n"
        "    _run.checkpoint(step=4)\n"
        "except forge.ForgeError:\n"
        "    pass"
    )
    assert project.record().checkpoints == (4, 8)
