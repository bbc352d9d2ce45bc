"""Checkpoints written by another thread."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forge.checkpoints.background import Background
from forge.checkpoints.manager import Checkpoints
from forge.errors import ForgeError


PATIENCE = 60


@pytest.fixture(name="saved")
def _saved(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", keep_last=2)


def test_what_is_saved_is_what_there_was_when_it_was_asked_for(
    saved: Checkpoints,
) -> None:
    w, history = np.zeros(1000), [1]
    told: list[Path] = []
    for step in (1, 2, 3):
        w += 1
        history[0] = step
        objects = {"w": w, "history": history}
        folder = saved.save(step, objects, background=True, saved=told.append)
        assert folder == saved.folder_of(step)
        w += 10
        history[0] = 0
        w -= 10
    # A restore waits for what is still being written.
    found, at = np.zeros(1000), [0]
    assert saved.restore({"w": found, "history": at}) == 3
    assert (found == 3).all()
    assert at == [3]
    assert told == [saved.folder_of(step) for step in (1, 2, 3)]
    assert saved.steps() == [2, 3]


class Seen:
    """Notes when its state is copied."""

    def __init__(self, log: list[str], name: str) -> None:
        self.log, self.name = log, name

    def get_state(self) -> str:
        self.log.append(f"copied {self.name}")
        return self.name

    def set_state(self, state: str) -> None:
        self.name = state


def test_at_most_one_waits(saved: Checkpoints) -> None:
    """Whoever asks for a third is held up before anything is copied for it."""
    log: list[str] = []
    disk = threading.Event()

    def slow(folder: Path) -> None:
        assert disk.wait(PATIENCE)
        log.append(f"written {int(folder.name)}")

    for step in (1, 2):
        saved.save(step, {"s": Seen(log, str(step))}, background=True, saved=slow)
    third = threading.Thread(
        target=saved.save,
        args=(3, {"s": Seen(log, "3")}),
        kwargs={"background": True, "saved": slow},
    )
    third.start()
    assert log == ["copied 1", "copied 2"]
    disk.set()
    third.join(PATIENCE)
    saved.wait()
    assert log.index("written 1") < log.index("copied 3")
    assert log[-1] == "written 3"
    assert [x for x in log if "written" in x] == ["written 1", "written 2", "written 3"]


def test_a_failure_is_raised_when_something_is_asked_for_next(
    saved: Checkpoints, message: Callable[[str, str], None]
) -> None:
    told = threading.Event()
    saved.on_failure = told.set
    saved.save(1, {"w": [1]})
    saved.save(2, {"w": Unwritable()}, background=True)
    assert told.wait(PATIENCE)
    with pytest.raises(ForgeError) as found:
        saved.save(3, {"w": [3]})
    message("checkpoint-failed-background", shown(found.value, saved))
    # It is told once, and what came before is intact.
    saved.save(3, {"w": [3]}, background=True)
    saved.wait()
    assert saved.steps() == [1, 3]


class Unwritable:
    """An object whose values turn out to be gone when they are written."""

    def get_state(self) -> Any:
        from forge.checkpoints.arrays import Array

        def fetch() -> Any:
            raise OSError(5, os.strerror(5))

        return Array("int8", (1,), fetch)

    def set_state(self, state: Any) -> None:
        """Never called."""


def shown(error: ForgeError, saved: Checkpoints) -> str:
    return str(error).replace(str(saved.folder), "DIR")


def test_what_cannot_be_saved_is_told_at_once(saved: Checkpoints) -> None:
    for _ in range(5):  # and takes up no room
        with pytest.raises(ForgeError, match="cannot hold w"):
            saved.save(1, {"w": object()}, background=True)
    saved.save(1, {"w": [1]}, background=True)
    saved.wait()


def test_a_step_that_is_about_to_be_saved_is_not_saved_again(
    saved: Checkpoints,
) -> None:
    disk = threading.Event()
    wait = {"background": True, "saved": lambda _: disk.wait(PATIENCE)}
    saved.save(1, {"w": [1]}, **wait)
    with pytest.raises(ForgeError, match="step 1 is already saved"):
        saved.save(1, {"w": [1]}, background=True)
    disk.set()
    with pytest.raises(ForgeError, match="step 1 is already saved"):
        saved.save(1, {"w": [1]})


def test_a_process_that_ends_writes_what_it_was_asked_for(tmp_path: Path) -> None:
    # Python 3.12.1 starts no thread after the program's end, and there is one a file.
    code = """
import sys
from pathlib import Path
import numpy as np
from forge.checkpoints.manager import Checkpoints

saved = Checkpoints(Path(sys.argv[1]))
for step in (1, 2):
    saved.save(step, {"w": np.full(3_000_000, step)}, background=True)
"""
    words = [sys.executable, "-c", code, str(tmp_path / "checkpoints")]
    subprocess.run(words, check=True, timeout=PATIENCE)
    w = np.zeros(3_000_000, int)
    assert Checkpoints(tmp_path / "checkpoints").restore({"w": w}) == 2
    assert (w == 2).all()


def test_a_failure_that_nobody_asks_for_is_told_at_the_end_of_the_program(
    tmp_path: Path, message: Callable[[str, str], None]
) -> None:
    """Once, where another one was asked for in time, and not by a forked child."""
    code = """
import os, sys, warnings
from pathlib import Path
from forge.checkpoints.arrays import Array
from forge.checkpoints.manager import Checkpoints

warnings.simplefilter("ignore")

class Unwritable:
    def get_state(self):
        def fetch():
            raise OSError(5, os.strerror(5))
        return Array("int8", (1,), fetch)

    def set_state(self, state):
        pass

told, untold = (Checkpoints(Path(sys.argv[1], name)) for name in ("told", "untold"))
for saved in (told, untold):
    saved.save(1, {"w": Unwritable()}, background=True)

try:
    told.wait()
except Exception:
    pass
child = os.fork()
if child:
    os.waitpid(child, 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        timeout=PATIENCE,
        capture_output=True,
        text=True,
    )
    text = done.stderr.rstrip().replace(str(tmp_path), "DIR")
    message("checkpoint-lost", text)


@pytest.mark.usefixtures("no_threads")
def test_the_caller_writes_where_no_thread_can_be_started(saved: Checkpoints) -> None:
    for step in (1, 2, 3):
        saved.save(step, {"w": [step]}, background=True)
        assert saved.steps()[-1] == step
    saved.wait()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")
def test_a_forked_child_waits_for_nobody() -> None:
    background, disk = Background(), threading.Event()
    for _ in range(2):
        background.wait_for_room()
        background.start(lambda: disk.wait(PATIENCE) and None, lambda: None)
    child = os.fork()
    if child == 0:  # pragma: no cover - coverage does not follow
        background.wait_for_room()
        background.start(lambda: None, lambda: None)
        background.wait()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    disk.set()
    background.wait()
