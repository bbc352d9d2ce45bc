"""How a script ends that has no `main()`."""

import pytest

from forge.records.status import Status


#: What comes after the beginning of a run.
SCRIPT = """
import os, signal, sys, time
import forge
import forge.experiment_tools as fet
from forge import flags

flags.DEFINE_boolean("go", False, "Go.")
forge.config()
fet.init_checkpoint("results/train", None, None, False)
forge.current_run().log(loss=1.0, step=1)
"""


@pytest.mark.parametrize(
    ("ending", "code", "status"),
    [
        ("pass", 0, Status.COMPLETED),
        ("sys.exit()", 0, Status.COMPLETED),
        ("sys.exit(0)", 0, Status.COMPLETED),
        ("sys.exit(3)", 3, Status.FAILED),
        ("sys.exit('text')", 1, Status.FAILED),
        ("raise ValueError('bad')", 1, Status.FAILED),
        ("raise forge.Interrupt('timeout')", 0, Status.INTERRUPTED),
        ("forge.current_run().log(loss='x')", 2, Status.FAILED),
        ("os.kill(os.getpid(), signal.SIGINT)", 130, Status.INTERRUPTED),
        (
            "os.kill(os.getpid(), signal.SIGTERM)\nforge.current_run().log(x=1)",
            143,
            Status.INTERRUPTED,
        ),
        ("os._exit(5)", 5, Status.DEAD),
        ("sys.excepthook = print\nraise ValueError('bad')", 1, Status.FAILED),
        ("try: sys.exit(3)\nexcept SystemExit: pass", 0, Status.COMPLETED),
        ("if os.fork() == 0: sys.exit(7)\nos.wait()", 0, Status.COMPLETED),
    ],
)
def test_every_ending_has_its_status(project, ending, code, status):
    project.write(SCRIPT + ending + "\n")
    done = project(expect=code)
    record = project.record()
    assert record.status is status, done.stderr
    assert list(record.metrics["loss"].values) == [1.0]
    if "ValueError" in ending:
        assert record.error.message == "bad"
        assert "ValueError: bad" in record.traceback


def test_the_output_of_a_failing_script_is_complete(project):
    project.write(SCRIPT + "print('last words')\n1 / 0\n")
    project(expect=1)
    output = project.record().output
    assert "last words" in output
    assert "ZeroDivisionError" in output


def test_a_mistake_inside_a_run_says_where(project, refused):
    project.write(SCRIPT + "forge.current_run().log(loss='x')\n")
    done = project(expect=2)
    assert "train.py:11: forge.current_run().log(loss='x')" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interruption_saves_what_was_reached(project):
    project.write(
        SCRIPT + "run = forge.current_run()\nw = {'value': 1.0}\n"
        "run.checkpoint(step=1, w=w)\nw['value'] = 2.0\nrun.log(loss=2, step=2)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\nfor i in range(3, 9):\n"
        "    run.log(loss=2, step=i)\n"
    )
    project(expect=143)
    record = project.record()
    assert record.run.reason == "SIGTERM"
    assert record.checkpoints == (1, 3)
