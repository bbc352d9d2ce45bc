import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.records import liveness
from forge.records.layout import RunLayout
from forge.records.liveness import (
    Life,
    heartbeat,
    hold,
    is_aborted,
    is_alive,
    is_held,
    life_of,
)
from forge.records.processes import Process, this_process


HOLDER = """
import os, sys, time
from pathlib import Path
from forge.records.layout import RunLayout
from forge.records.liveness import hold
lock = hold(RunLayout(Path(sys.argv[1])))
if len(sys.argv) > 2 and os.fork() == 0:
    os.close(1)
    time.sleep(20)
    os._exit(0)
print("held", flush=True)
time.sleep(20)
"""

ASKER = """
import sys
from pathlib import Path
from forge.records.layout import RunLayout
from forge.records.liveness import is_alive
print(is_alive(RunLayout(Path(sys.argv[1]))))
"""


@pytest.fixture(name="layout")
def _layout(tmp_path: Path) -> RunLayout:
    return RunLayout(tmp_path)


def holder(layout: RunLayout, *words: str) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(layout.folder), *words],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def end(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def asked_elsewhere(layout: RunLayout) -> bool:
    words = [sys.executable, "-c", ASKER, str(layout.folder)]
    answer = subprocess.run(words, capture_output=True, check=True)
    return answer.stdout == b"True\n"


def test_a_run_without_a_lock_is_not_alive(layout: RunLayout) -> None:
    assert not is_alive(layout)
    layout.lock.touch()
    assert not is_alive(layout)


def test_a_run_is_alive_until_it_is_released(layout: RunLayout) -> None:
    with hold(layout) as lock:
        assert is_alive(layout)
        assert asked_elsewhere(layout)
        # Asking here opened and closed nothing that would have dropped the lock.
        assert asked_elsewhere(layout)
    lock.release()
    assert not is_alive(layout)
    assert not asked_elsewhere(layout)


def test_the_same_run_under_another_path_is_known_to_be_held(
    layout: RunLayout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    link = tmp_path_factory.mktemp("links") / "run"
    link.symlink_to(layout.folder)
    with hold(layout):
        assert is_alive(RunLayout(link))
        assert asked_elsewhere(layout)


def test_a_heartbeat_takes_back_a_lock_that_was_dropped(layout: RunLayout) -> None:
    with hold(layout) as lock:
        # As one does who makes an archive of the folder.
        layout.lock.read_bytes()
        assert not asked_elsewhere(layout)
        lock.beat()
        assert asked_elsewhere(layout)


def test_the_lock_of_this_process_is_known_by_any_path(
    layout: RunLayout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    link = tmp_path_factory.mktemp("links") / "lock"
    link.symlink_to(layout.lock)
    assert not is_held(link)
    with hold(layout):
        assert is_held(link)
        assert not is_held(layout.run)
        assert not is_held(layout.folder / "missing")
    assert not is_held(layout.lock)


def test_sigkill_ends_the_life_of_a_run(layout: RunLayout) -> None:
    process = holder(layout)
    assert is_alive(layout)
    end(process)
    assert not is_alive(layout)


def test_a_forked_child_that_outlives_the_run_does_not_keep_it_alive(
    layout: RunLayout,
) -> None:
    process = holder(layout, "fork")
    assert is_alive(layout)
    process.kill()
    process.wait()
    assert not is_alive(layout)
    end(process)


def test_a_forked_child_sees_that_its_parent_is_alive(layout: RunLayout) -> None:
    with hold(layout):
        child = os.fork()
        if child == 0:
            os._exit(0 if is_alive(layout) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert asked_elsewhere(layout)


def test_a_live_run_cannot_be_held_twice(
    layout: RunLayout,
    message: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(liveness, "PATIENCE", 0.1)
    with hold(layout), pytest.raises(ForgeError) as caught:
        hold(layout)
    assert caught.value.code == "run-alive"
    message("run-alive", str(caught.value).replace(str(layout.folder), "results/t/1"))
    process = holder(layout)
    with pytest.raises(ForgeError, match="in use by a run that is still alive"):
        hold(layout)
    end(process)
    hold(layout).release()


def test_readers_do_not_take_each_other_for_the_run(layout: RunLayout) -> None:
    layout.lock.touch()
    answers: list[bool] = []

    def ask() -> None:
        answers.extend(is_alive(layout) for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not any(answers)


def test_a_heartbeat_shows_as_the_time_of_the_lock_file(layout: RunLayout) -> None:
    with hold(layout) as lock:
        os.utime(layout.lock, (0, 0))
        lock.beat()
        assert layout.lock.stat().st_mtime > 0


@pytest.fixture(name="gone")
def _gone() -> Process:
    """A process of this machine that has ended."""
    words = [sys.executable, "-c", "import os; print(os.getpid())"]
    pid = int(subprocess.run(words, capture_output=True, check=True).stdout)
    return replace(this_process(), pid=pid)


@pytest.fixture(name="living")
def _living() -> Iterator[Process]:
    """A process of this machine that lives."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield replace(this_process(), pid=process.pid, started=None)
        process.kill()


def beat(layout: RunLayout, seconds_ago: float) -> None:
    """Leave a heartbeat that is so old."""
    layout.lock.touch()
    when = time.time() - seconds_ago
    os.utime(layout.lock, (when, when))


def test_a_held_lock_is_life_whatever_else_is_said(
    layout: RunLayout, gone: Process
) -> None:
    with hold(layout):
        assert life_of(layout, replace(gone, boot="earlier")) == Life(alive=True)


def test_on_this_machine_the_process_decides(
    layout: RunLayout, gone: Process, living: Process
) -> None:
    beat(layout, 1)
    assert life_of(layout, gone) == Life(alive=False)
    # Its lock may have been lost, where a file system has none or a copy closed it.
    assert life_of(layout, living) == Life(alive=True)


def test_a_process_that_lives_in_silence_is_doubted(
    layout: RunLayout, living: Process
) -> None:
    beat(layout, 500)
    assert life_of(layout, living).alive
    assert "for 8 minutes" in life_of(layout, living).doubt


def test_this_process_knows_that_it_does_not_hold_a_run(layout: RunLayout) -> None:
    hold(layout).release()
    assert life_of(layout, this_process()) == Life(alive=False)


def test_after_a_restart_of_the_machine_a_run_is_dead(
    layout: RunLayout, living: Process
) -> None:
    beat(layout, 1)
    assert not life_of(layout, replace(living, boot="earlier")).alive


def test_in_another_container_the_heartbeat_decides(
    layout: RunLayout, gone: Process, living: Process
) -> None:
    beat(layout, 100)
    inside = replace(gone, namespace="pid:[1]", host="container")
    assert life_of(layout, inside) == Life(alive=True)
    beat(layout, 130)
    outside = replace(living, namespace="pid:[1]", host="container")
    assert life_of(layout, outside) == Life(alive=False)


def test_on_another_machine_a_run_is_doubted_and_never_dead(
    layout: RunLayout, gone: Process
) -> None:
    far = replace(gone, boot="another", host="far")
    beat(layout, 100)
    assert life_of(layout, far) == Life(alive=True)
    beat(layout, 200)
    doubted = Life(alive=True, doubt="no heartbeat on far for 3 minutes")
    assert life_of(layout, far) == doubted
    layout.lock.unlink()
    assert life_of(layout, far) == Life(alive=True, doubt="no heartbeat on far")


def test_a_file_server_may_be_ahead_of_this_machine(
    layout: RunLayout, gone: Process
) -> None:
    far = replace(gone, boot="another", host="far")
    beat(layout, -3600)
    assert life_of(layout, far).doubt == ""
    layout.metrics.touch()
    later = time.time() + 3600
    os.utime(layout.metrics, (later, later))
    beat(layout, -3290)
    assert life_of(layout, far).doubt == "no heartbeat on far for 5 minutes"


def test_a_run_that_is_held_again_has_a_new_heartbeat(layout: RunLayout) -> None:
    beat(layout, 500)
    with hold(layout):
        assert time.time() - (heartbeat(layout) or 0) < 60


def test_a_folder_without_a_run_file_was_aborted_after_a_minute(
    layout: RunLayout,
) -> None:
    layout.lock.touch()
    assert not is_aborted(layout)
    before = time.time() - 90
    os.utime(layout.folder, (before, before))
    with hold(layout):
        assert not is_aborted(layout)
    assert is_aborted(layout)
    assert not is_aborted(RunLayout(layout.folder / "missing"))


def test_readers_write_nothing(layout: RunLayout, gone: Process) -> None:
    beat(layout, 500)
    os.utime(layout.folder, (1, 1))
    before = {path: path.stat() for path in (layout.folder, layout.lock)}
    life_of(layout, gone)
    life_of(layout, replace(gone, boot="another", host="far"))
    is_aborted(layout)
    after = {path: path.stat() for path in (layout.folder, layout.lock)}
    assert [s.st_mtime_ns for s in after.values()] == [
        s.st_mtime_ns for s in before.values()
    ]
    assert list(layout.folder.iterdir()) == [layout.lock]
