"""Tests of the file that only grows."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.observers.linefile import MOST_KEPT, LineFile


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(name="said")
def _said() -> list[str]:
    return []


def test_lines_are_in_the_file_when_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    file = LineFile(path, pytest.fail)
    file.append(b"one\n")
    file.append(b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    file.close()
    file.close()


def test_lines_survive_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    program = (
        "import os, pathlib, sys\n"
        "from forge.observers.linefile import LineFile\n"
        "file = LineFile(pathlib.Path(sys.argv[1]), print)\n"
        "for i in range(1000): file.append(b'%d\\n' % i)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"".join(b"%d\n" % i for i in range(1000))


CLOSED = """\
import os, pathlib, sys
from forge.observers.linefile import LineFile

path = pathlib.Path(sys.argv[1])
file = LineFile(path, print)
for line in (b"one\\n", b"two\\n"):
    file.append(line)
    os.closerange(3, 4096)
    mine = [os.open(f"{path}.{i}", os.O_WRONLY | os.O_CREAT) for i in range(10)]
file.look()
file.append(b"three\\n")
os.closerange(3, 4096)
file.sync(now=True)
file.append(b"four\\n")
os.closerange(3, 4096)
file.look()
file.append(b"five\\n")
os.closerange(3, 4096)
file.close()
"""


def test_lines_go_on_when_a_program_has_closed_all_descriptors(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    words = [sys.executable, "-c", CLOSED, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert path.read_bytes() == b"one\ntwo\nthree\nfour\nfive\n"
    # Files that the program has opened since are its own.
    assert all((tmp_path / f"lines.{i}").read_bytes() == b"" for i in range(10))


@given(before=st.binary(max_size=20))
def test_a_torn_last_line_is_ended_on_opening(
    tmp_path_factory: pytest.TempPathFactory, before: bytes
) -> None:
    path = tmp_path_factory.mktemp("torn") / "lines"
    path.write_bytes(before)
    file = LineFile(path, pytest.fail)
    file.append(b"next\n")
    file.close()
    newline = b"\n" if before and not before.endswith(b"\n") else b""
    assert path.read_bytes() == before + newline + b"next\n"


def test_a_deleted_file_is_written_anew_with_all_its_lines(
    tmp_path: Path, said: list[str], message: Callable[[str, str], None]
) -> None:
    path = tmp_path / "lines"
    file = LineFile(path, said.append)
    file.append(b"one\n" * 500_000)
    file.look()
    path.unlink()
    file.append(b"two\n")
    file.look()
    file.append(b"three\n")
    file.close()
    assert path.read_bytes() == b"one\n" * 500_000 + b"two\nthree\n"
    message("linefile-deleted", "\n".join(said).replace(str(path), "metrics.jsonl"))


def test_a_file_in_the_place_of_it_is_kept_aside(
    tmp_path: Path, said: list[str], message: Callable[[str, str], None]
) -> None:
    path = tmp_path / "metrics.jsonl"
    file = LineFile(path, said.append)
    file.append(b"one\n")
    for other in ("edited\n", "edited again\n"):
        (tmp_path / "other").write_text(other)
        (tmp_path / "other").replace(path)
        file.append(b"two\n")
        file.look()
        file.look()
        assert (tmp_path / "metrics.jsonl.replaced").read_text() == other
    file.append(b"three\n")
    file.close()
    assert path.read_bytes() == b"one\ntwo\ntwo\nthree\n"
    assert len(said) == 2
    message("linefile-replaced", said[0].replace(str(path), "metrics.jsonl"))


def test_a_file_that_is_emptied_is_told_and_goes_on_with_whole_lines(
    tmp_path: Path, said: list[str], message: Callable[[str, str], None]
) -> None:
    path = tmp_path / "metrics.jsonl"
    file = LineFile(path, said.append)
    file.append(b"one\n")
    assert not file.look()
    os.truncate(path, 0)
    file.append(b"two\n")
    assert file.look()
    os.truncate(path, 2)
    assert file.look()
    assert not file.look()
    file.append(b"three\n")
    file.close()
    assert path.read_bytes() == b"tw\nthree\n"
    assert len(said) == 2
    message("linefile-emptied", said[0].replace(str(path), "metrics.jsonl"))


def test_a_file_that_is_filled_again_is_flushed_again(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(os, "fdatasync", asked.append)
    path = tmp_path / "lines"
    file = LineFile(path, said.append)
    file.append(b"one\n")
    file.sync(now=True)
    os.truncate(path, 0)
    file.append(b"two\n")
    file.look()
    file.sync(now=True)
    file.close()
    assert len(asked) == 2


def test_a_file_that_was_full_and_is_whole_again_is_no_loss(
    tmp_path: Path, said: list[str], limit: Callable[[int], None]
) -> None:
    file = LineFile(tmp_path / "lines", said.append)
    limit(5)
    file.append(b"one\n")
    file.append(b"two\n")
    assert not file.look()
    limit(1000)
    assert file.retry(now=True)
    assert not file.look()
    file.close()
    assert len(said) == 2


def test_a_file_that_cannot_be_written_anew_keeps_its_lines(
    tmp_path: Path, said: list[str], limit: Callable[[int], None]
) -> None:
    path = tmp_path / "lines"
    file = LineFile(path, said.append)
    file.append(b"one\n")
    path.unlink()
    limit(2)
    with pytest.raises(OSError, match="File too large"):
        file.look()
    assert not path.exists()
    limit(1000)
    file.look()
    file.close()
    file.look()
    assert path.read_bytes() == b"one\n"


def test_lines_are_kept_while_the_disk_is_full_and_written_later(
    tmp_path: Path,
    said: list[str],
    limit: Callable[[int], None],
    message: Callable[[str, str], None],
) -> None:
    path, clock = tmp_path / "lines", Clock()
    file = LineFile(path, said.append, clock=clock)
    file.append(b"first\n")
    limit(10)
    for i in range(5):
        file.append(b"line %d\n" % i)
        clock.now += 2
    assert path.read_bytes() == b"first\nline"
    limit(1000)
    file.append(b"last\n")
    lines = path.read_bytes().split(b"\n")
    assert lines == [
        b"first",
        b"line",
        *(b"line %d" % i for i in range(5)),
        b"last",
        b"",
    ]
    file.close()
    message("linefile-full", "\n".join(said).replace(str(path), "metrics.jsonl"))


def test_a_line_that_lacks_only_its_newline_is_not_written_twice(
    tmp_path: Path, said: list[str], limit: Callable[[int], None]
) -> None:
    path = tmp_path / "lines"
    file = LineFile(path, said.append)
    limit(3)
    file.append(b"abc\n")
    limit(1000)
    assert file.retry(now=True)
    file.append(b"def\n")
    file.close()
    assert path.read_bytes() == b"abc\ndef\n"


def test_a_disk_that_stays_full_is_told_once_a_minute(
    tmp_path: Path, said: list[str], limit: Callable[[int], None]
) -> None:
    clock = Clock()
    file = LineFile(tmp_path / "lines", said.append, clock=clock)
    limit(0)
    for _ in range(100):
        file.append(b"line\n")
        clock.now += 1.5
    assert len(said) == 3
    limit(1000)
    file.close()


def test_a_disk_that_comes_and_goes_is_not_told_every_second(
    tmp_path: Path, said: list[str], limit: Callable[[int], None]
) -> None:
    clock = Clock()
    file = LineFile(tmp_path / "lines", said.append, clock=clock)
    for _ in range(10):
        limit(0)
        file.append(b"line\n")
        clock.now += 1.5
        limit(1000)
        file.append(b"line\n")
    file.close()
    assert len(said) == 2
    assert (tmp_path / "lines").read_bytes() == b"line\n" * 20


def test_the_oldest_lines_are_lost_when_too_many_are_kept(
    tmp_path: Path,
    said: list[str],
    limit: Callable[[int], None],
    message: Callable[[str, str], None],
) -> None:
    path, clock = tmp_path / "lines", Clock()
    file = LineFile(path, said.append, clock=clock)
    limit(0)
    for i in range(MOST_KEPT + 3):
        file.append(b"%d\n" % i)
    limit(1_000_000)
    assert file.retry(now=True)
    file.close()
    assert path.read_bytes().split(b"\n")[0] == b"3"
    assert len(path.read_bytes().split(b"\n")) == MOST_KEPT + 1
    message("linefile-lost", said[-1].replace(str(path), "metrics.jsonl"))


def test_lines_that_can_never_be_written_are_told_at_the_end(
    tmp_path: Path,
    said: list[str],
    limit: Callable[[int], None],
    message: Callable[[str, str], None],
) -> None:
    path = tmp_path / "lines"
    file = LineFile(path, said.append)
    limit(0)
    file.append(b"one\n")
    file.append(b"two\n")
    file.close()
    limit(1_000_000)
    message("linefile-given-up", said[-1].replace(str(path), "metrics.jsonl"))


def test_the_device_is_asked_only_when_something_was_appended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(os, "fdatasync", asked.append)
    (tmp_path / "lines").write_bytes(b"before\n")
    file = LineFile(tmp_path / "lines", print)
    file.sync(now=True)
    file.sync(now=True)
    assert len(asked) == 1
    file.append(b"one\n")
    file.sync(now=True)
    file.close()
    assert len(asked) == 2


def test_a_failing_sync_does_not_stop_the_appending(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(fd: int) -> None:
        raise OSError(5, os.strerror(5))

    file = LineFile(tmp_path / "lines", said.append)
    file.append(b"one\n")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        file.sync()
    file.append(b"two\n")
    assert (tmp_path / "lines").read_bytes() == b"one\ntwo\n"
    assert len(said) == 1
    file.close()
