"""What is printed, told to observers."""

import subprocess
import threading

import pytest

from forge.observers.dispatch import Dispatcher
from forge.run import printing
from forge.run.printing import Printing


OBSERVED = """\
import os, subprocess, sys

import forge
from forge.observers import Completed, Failed, Printed, Started


class Listener:
    def __init__(self):
        self.said = ""
        self.kinds = []

    def receive(self, event):
        if isinstance(event, Printed):
            self.said += event.text
        if isinstance(event, Printed | Started | Completed | Failed):
            self.kinds.append(type(event).__name__)
            with open("kinds.txt", "w") as file:
                file.write(" ".join(dict.fromkeys(self.kinds)))
            with open("said.txt", "wb") as file:
                file.write(self.said.encode(errors="surrogateescape"))


@forge.experiment
def train(n=3, *, _run: forge.Run):
    for i in range(n):
        print("line", i)
    os.write(2, b"bytes \\xff\\n")
    subprocess.run(["echo", "child"])
    sys.stdout.write("no end")
    return 1 / n


if __name__ == "__main__":
    train.observers.append(Listener())
    train.main()
"""


def ran(project, *words):
    """Run the script, whose output is no text; return what observers were told."""
    done = subprocess.run(
        project.words(*words), cwd=project.folder, capture_output=True, check=False
    )
    assert b"observer" not in done.stderr
    return (project.folder / "said.txt").read_bytes()


@pytest.mark.parametrize("capture", ["fd", "sys"])
def test_observers_are_told_all_that_is_printed_before_the_end(project, capture):
    project.write(OBSERVED)
    said = ran(project, "--capture", capture, "with", "n=20000")
    kept = (project.folder / "results/train/1/output.txt").read_bytes()
    assert (project.folder / "kinds.txt").read_text() == "Started Printed Completed"
    assert kept.startswith(said)
    assert said.count(b"line") == 20_000
    # Of two streams one may be a little behind.
    assert b"no end" in said[-30:]
    # What is captured at the streams of Python is only what goes through them.
    for others in (b"bytes \xff\n", b"child\n"):
        assert (others in said) == (capture == "fd")


def test_a_resumed_run_tells_only_what_is_new(project):
    project.write(OBSERVED)
    assert b"bytes" in ran(project, "with", "n=0")
    assert (project.folder / "kinds.txt").read_text() == "Started Printed Failed"
    said = ran(project, "--resume", "--code", "current", "with", "n=1")
    assert said.count(b"bytes") == 1
    assert project.record().output.count("bytes") == 2


class Collector:
    """Keeps what it receives."""

    def __init__(self):
        self.text = []

    def receive(self, event):
        self.text.append(event.text)


def test_what_is_printed_is_told_while_the_run_goes_on(tmp_path, monkeypatch, wait_for):
    monkeypatch.setattr(printing, "INTERVAL", 0.01)
    path = tmp_path / "output.txt"
    path.write_bytes(b"before\n")
    collector = Collector()
    telling = Printing(Dispatcher([collector]), path, lambda: None)
    telling.start()
    with path.open("ab", buffering=0) as file:
        # Half a letter is told when it is whole.
        file.write("größe".encode()[:3])
        assert wait_for(lambda: collector.text == ["gr"])
        file.write("größe".encode()[3:])
        assert wait_for(lambda: "".join(collector.text) == "größe")
        file.write(b"\xc3")
    telling.finish()
    assert "".join(collector.text) == "größe\udcc3"


def test_what_is_printed_into_an_emptied_file_is_told(tmp_path):
    path = tmp_path / "output.txt"
    path.write_bytes(b"a line of an earlier session\n")
    collector = Collector()
    telling = Printing(Dispatcher([collector]), path, lambda: None)
    path.write_bytes(b"new\n")
    telling.finish()
    assert "".join(collector.text) == "new\n"


def test_nobody_is_asked_where_nobody_listens(project):
    names = []
    module = project.load(
        "import forge\n\n\n@forge.experiment\ndef train():\n    f()\n"
    )
    module.f = lambda: names.extend(thread.name for thread in threading.enumerate())
    module.train.run(quiet=True)
    assert names
    assert "forge-printing" not in names
