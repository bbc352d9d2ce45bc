"""How runs of a script end: statuses and exit codes."""

import signal

import pytest
from projects import wait_for


@pytest.fixture(autouse=True)
def _script(project):
    project.write()


LONG = """
import sys, time, forge
from forge.run import stopping

# A body that sleeps is given some seconds for its step.
stopping.GRACE = 0.1

@forge.experiment
def train(how="sleep", *, _run: forge.Run):
    print("ready", flush=True)
    _run.log(loss=1.0, step=1)
    if how == "sleep":
        # Not in one: a signal just before its system call would be noticed after it.
        for _ in range(600): time.sleep(0.1)
    if how == "interrupt":
        raise forge.Interrupt("timeout")
    if how == "error":
        raise forge.ForgeError("odd", "something only the run could find out")
    sys.exit(None if how == "none" else int(how) if how.isdigit() else how)

train.main()
"""


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (signal.SIGINT, "Ctrl-C"),
        (signal.SIGTERM, "SIGTERM"),
        (signal.SIGHUP, "SIGHUP"),
        (signal.SIGUSR1, "SIGUSR1"),
    ],
)
def test_signals_interrupt(project, number, reason):
    project.write(LONG)
    process = project.start()
    assert process.stdout.readline() == "ready\n"
    assert wait_for(
        lambda: (
            b"loss" in (project.folder / "results/train/1/metrics.jsonl").read_bytes()
        )
    )
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    record = project.record()
    assert record.status == "INTERRUPTED"
    assert record.run.reason == reason
    assert record.metrics["loss"].last == 1.0
    assert "ready\n" in record.output


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("none", "COMPLETED", 0),
        ("0", "COMPLETED", 0),
        ("3", "FAILED", 3),
        ("some text", "FAILED", 1),
        ("error", "FAILED", 2),
        ("interrupt", "INTERRUPTED", 0),
    ],
)
def test_statuses_and_exit_codes(project, how, status, code):
    project.write(LONG)
    done = project("with", f"how={how}", expect=code)
    record = project.record()
    assert record.status == status
    assert "Traceback" not in done.stderr
    if how == "interrupt":
        assert record.run.reason == "timeout"
    if how == "some text":
        assert "some text\n" in done.stderr
        assert record.error.message == "some text"
    if how == "error":
        assert "forge: error: something only the run could find out" in done.stderr
        assert record.error.type == "ForgeError"


def test_an_exception_fails_the_run_with_the_users_traceback(project):
    done = project("with", "stop_at=3", expect=1)
    record = project.record()
    assert record.status == "FAILED"
    assert record.error.type == "ValueError"
    assert record.error.message == "stopped at 3"
    first, frame, *_ = done.stderr[done.stderr.index("Traceback") :].splitlines()
    assert "train.py" in frame
    assert record.traceback.startswith(first)
    assert record.metrics["loss"].steps == (1, 2, 3)
    assert record.checkpoints == (2,)
    assert "ValueError: stopped at 3" in record.output


def test_a_killed_run_is_dead_and_can_be_resumed(project):
    project.write(LONG)
    process = project.start()
    assert process.stdout.readline() == "ready\n"
    process.kill()
    process.communicate()
    assert project.record().status == "DEAD"
    project("--resume", "with", "how=0")
    record = project.record()
    assert record.status == "COMPLETED"
    assert len(record.run.sessions) == 2
