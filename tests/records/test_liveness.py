import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.records import liveness
from forge.records.layout import RunLayout
from forge.records.liveness import hold, is_alive


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
