"""Every way a run can end: its status, its exit status, and what is left to read."""

import signal
import subprocess

import pytest
from projects import wait_for


SCRIPT = """\
import ctypes, os, signal, sys, time

import forge


class Odd(BaseException):
    pass


@forge.model
def model():
    return {"w": [1]}


@forge.experiment
def train(how, model=model, *, _run: forge.Run):
    _run.restore(model=model)
    _run.log(step=4, loss=0.25)
    print("so far", flush=True)
    exec(how)
    return 5


if __name__ == "__main__":
    train.main()
"""

#: What the body does; status, reason, exit status, type of the error, checkpoints.
ENDINGS = {
    "returned": ("pass", "COMPLETED", "", 0, None, (4,)),
    "exit": ("sys.exit()", "COMPLETED", "", 0, None, (4,)),
    "exit 0": ("sys.exit(0)", "COMPLETED", "", 0, None, (4,)),
    "exception": ("1 / 0", "FAILED", "", 1, "ZeroDivisionError", ()),
    "no Exception": ("raise Odd", "FAILED", "", 1, "Odd", ()),
    "exit 3": ("sys.exit(3)", "FAILED", "", 3, "SystemExit", ()),
    "exit text": ("sys.exit('no disk')", "FAILED", "", 1, "SystemExit", ()),
    "ForgeError": ("_run.log(loss='low')", "FAILED", "", 2, "ForgeError", ()),
    "KeyboardInterrupt": (
        "raise KeyboardInterrupt", "INTERRUPTED", "Ctrl-C", 130, None, (4,),
    ),
    "SIGINT": (
        "os.kill(os.getpid(), signal.SIGINT)",
        "INTERRUPTED", "Ctrl-C", 130, None, (4,),
    ),
    "SIGTERM": (
        "signal.raise_signal(signal.SIGTERM); _run.log(step=4, loss=0.1)",
        "INTERRUPTED", "SIGTERM", 143, None, (4,),
    ),
    "SIGHUP": (
        "signal.raise_signal(signal.SIGHUP); _run.log(step=4, loss=0.1)",
        "INTERRUPTED", "SIGHUP", 129, None, (4,),
    ),
    "SIGUSR1": (
        "signal.raise_signal(signal.SIGUSR1); _run.log(step=4, loss=0.1)",
        "INTERRUPTED", "SIGUSR1", 138, None, (4,),
    ),
    "Interrupt": (
        "raise forge.Interrupt('timeout')", "INTERRUPTED", "timeout", 0, None, (4,),
    ),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", "DEAD", "", -9, None, ()),
    "os._exit": ("os._exit(7)", "DEAD", "", 7, None, ()),
    "segfault": ("ctypes.string_at(0)", "DEAD", "", -11, None, ()),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_ending_has_its_status_and_exit_status(project, ending):
    how, status, reason, code, kind, steps = ENDINGS[ending]
    project.write(SCRIPT)
    done = project("with", f"how={how!r}", expect=None)
    assert done.returncode == code, done.stderr
    record = project.record()
    assert (record.status, record.run.reason) == (status, reason)
    assert (record.error.type if record.error else None) == kind
    assert record.checkpoints == steps
    # Whatever happened, what was logged and printed is there.
    assert record.metrics["loss"].values[0] == 0.25
    assert wait_for(lambda: "so far" in project.record().output)
    assert (record.result == 5) == (ending == "returned")
    last = record.run.sessions[-1]
    assert (last.ended is None) == (status == "DEAD")
    assert last.status == ("RUNNING" if status == "DEAD" else status)


def test_the_text_of_an_exit_is_shown_once_and_kept(project):
    project.write(SCRIPT)
    done = project("with", "how=sys.exit('no disk')", expect=1)
    assert done.stderr.count("\nno disk\n") == 1
    assert project.record().output.count("\nno disk\n") == 1
    assert "SystemExit: no disk" in project.record().traceback


def test_a_running_run_is_running_and_dead_once_it_is_killed(project):
    project.write(SCRIPT)
    process = project.start("with", "how=time.sleep(60)")
    assert process.stdout is not None
    assert process.stdout.readline() == "so far\n"
    record = project.record()
    assert (record.status, record.doubt) == ("RUNNING", "")
    assert record.run.pid == process.pid
    assert None not in (record.run.pid_started, record.run.boot, record.heartbeat)
    assert str(record.run.pid_namespace).startswith("pid:")
    process.send_signal(signal.SIGKILL)
    assert wait_for(lambda: project.record().status == "DEAD")
    process.communicate()
    assert project.record().status == "DEAD"
    # It was read, and read only.
    assert project.record().run.status == "RUNNING"


def test_a_child_that_outlives_a_killed_run_does_not_make_it_look_alive(project):
    project.write(SCRIPT)
    how = "child = os.fork(); child or time.sleep(5); print(child); time.sleep(60)"
    process = subprocess.Popen(
        project.words("with", f"how={how}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=project.folder,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "so far\n"
    assert int(process.stdout.readline()) > 0
    process.kill()
    process.wait()
    assert project.record().status == "DEAD"
    import os

    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_dead_run_goes_on_and_a_living_one_does_not(project):
    project.write(SCRIPT)
    project("with", "how=os._exit(1)", expect=1)
    project("--resume", "--code", "current", "with", "how=pass")
    record = project.record()
    assert (record.status, len(record.run.sessions)) == ("COMPLETED", 2)
    process = project.start("with", "how=time.sleep(60)")
    assert process.stdout is not None
    process.stdout.readline()
    refused = project("--resume", "train/2", expect=2)
    assert "still running" in refused.stderr
    process.kill()
    process.communicate()
