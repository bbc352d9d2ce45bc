"""Progress of real scripts: on a terminal, in a pipe, in a folder."""

import pytest
from terminals import Terminal, wiped


SCRIPT = """
import os, sys, time
from pathlib import Path
import forge

def wait(name):
    while not Path(name).exists():
        time.sleep(0.01)

@forge.experiment
def train(steps=3, *, _run: forge.Run):
    for step, _ in _run.track(range(2), stop=steps):
        _run.log(loss=1 / step)
        wait(f"go-{step}")
        print("done", step)
        os.system("echo from a child")
        print("to error", file=sys.stderr)
    print("a line ", end="", flush=True)
    print("in two parts")
    return {"loss": 0.5}

train.main()
"""

PRINTED = """\
done 1
from a child
to error
done 2
from a child
to error
done 3
from a child
to error
a line in two parts
"""


@pytest.fixture
def let_go(project):
    """Let the script end a step."""
    return lambda step: project.write("", f"go-{step}")


@pytest.fixture
def script(project):
    """Write the script."""
    project.write(SCRIPT)
    return project


@pytest.mark.parametrize("mode", ["fd", "sys", "no"])
def test_a_bar_stays_below_what_is_printed(script, let_go, mode):
    words = script.words("-C", mode)
    terminal = Terminal(words, columns=100, NO_COLOR="1", TERM="xterm")
    for step in (1, 2, 3):
        terminal.read(f"  {step}/3  {100 * step // 3:3} %".encode())
        let_go(step)
    shown, status = terminal.close()
    assert status == 0
    told, _, last = script.record().output.partition("COMPLETED")
    if mode == "fd":
        assert told == f"train/1  results/train/1\n{PRINTED}train/1  "
    assert "━" not in told + last
    text, printed = wiped(shown.decode()), PRINTED
    if mode != "fd":
        # What a child prints goes past the process, and stands where the bar was.
        lines = (line for line in text.split("\n") if "from a child" not in line)
        text, printed = "\n".join(lines), PRINTED.replace("from a child\n", "")
    assert text.startswith(f"train/1  results/train/1\n{printed}train/1  COMPLETED")


def test_a_quiet_run_shows_no_bar(script, let_go):
    for step in (1, 2, 3):
        let_go(step)
    shown, status = Terminal(script.words("-q")).close()
    assert (shown.decode().replace("\r\n", "\n"), status) == (PRINTED, 0)


def test_nothing_is_drawn_where_nobody_looks(script, let_go):
    for step in (1, 2, 3):
        let_go(step)
    done = script()
    assert done.stdout == PRINTED.replace("to error\n", "")
    assert "\x1b" not in done.stderr
    first, *_, last = done.stderr.splitlines()
    assert first == "train/1  results/train/1"
    assert last.startswith("train/1  COMPLETED in ")


def test_a_run_that_is_not_recorded_is_told_as_well(script, let_go):
    for step in (1, 2, 3):
        let_go(step)
    # Nothing is done to its streams: what is printed into a pipe waits in Python.
    done = script("-u", fresh=True, PYTHONUNBUFFERED="1")
    assert done.stdout == PRINTED.replace("to error\n", "")
    assert done.stderr.splitlines()[-1].startswith("train  COMPLETED in ")
    assert script.runs() == []
