import errno
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forge.records.durable import (
    displaced,
    go_on_in,
    identity,
    open_regular,
    place_files,
    read_bounded,
    remove_leftovers,
    replace_file,
    replace_files,
    sha256_file,
    temporary_in,
    write_file,
)


WRITER = """
import sys
from itertools import cycle
from pathlib import Path
from forge.records.durable import replace_file
path = Path(sys.argv[1])
for letter in cycle(b"ab"):
    replace_file(path, bytes([letter]) * 300_000)
"""


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / 'a "b"; ü.json'
    replace_file(path, b"one")
    replace_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_files_appear_in_their_order_when_what_comes_before_is_done(
    tmp_path: Path,
) -> None:
    seen: list[list[str]] = []

    def before() -> None:
        seen.append(sorted(path.name for path in tmp_path.glob("[a-z]")))

    replace_files({tmp_path / "b": b"1", tmp_path / "a": b"2"}, before=before)
    assert seen == [[]]
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "a": b"2",
        "b": b"1",
    }


def test_new_files_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    place_files({tmp_path / "a": b"1"})
    (tmp_path / "taken").mkdir()
    files = {tmp_path / "b": b"2", tmp_path / "taken": b"3", tmp_path / "c": b"4"}
    with pytest.raises(IsADirectoryError):
        place_files(files)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b", "taken"]
    assert (tmp_path / "a").read_bytes() == b"1"


def test_sigkill_while_replacing_leaves_the_old_or_the_new_content(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file"
    whole = {bytes([letter]) * 300_000 for letter in b"ab"}
    for attempt in range(6):
        path.unlink(missing_ok=True)
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)]) as process:
            while not path.exists():
                assert process.poll() is None
                time.sleep(0.001)
            deadline = time.monotonic() + 0.02 * (attempt + 1)
            while time.monotonic() < deadline:
                assert path.read_bytes() in whole
            process.send_signal(signal.SIGKILL)
        assert path.read_bytes() in whole


def test_what_killed_processes_left_is_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    inside, apart = tmp_path / "artifacts" / "plots", tmp_path / "checkpoints"
    for folder in (inside, apart):
        folder.mkdir(parents=True)
    left = [folder / f".tmp-{dead.pid}-0a1b2c3d" for folder in (tmp_path, inside)]
    kept = [
        temporary_in(tmp_path),
        apart / left[0].name,
        tmp_path / f".tmp-{dead.pid}-mine",
        tmp_path / f"tmp-{dead.pid}-0a1b2c3d",
        inside / "a.png",
    ]
    for path in (*left, *kept):
        path.touch()
    remove_leftovers(tmp_path, besides=apart)
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == {*kept}


def test_the_hash_is_that_of_the_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    data = os.urandom(300_000)
    path.write_bytes(data)
    assert sha256_file(path) == hashlib.sha256(data).hexdigest()


def test_reading_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert read_bounded(path, 10) == b"0123456789"
    assert read_bounded(path, 4, tail=True) == b"6789"
    with pytest.raises(OSError, match="larger than 9 bytes") as caught:
        read_bounded(path, 9)
    assert caught.value.errno == errno.EFBIG


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"ab")
    os.mkfifo(tmp_path / "pipe")
    with open_regular(tmp_path / "file") as file:
        assert file.read() == b"ab"
    for odd in (tmp_path / "pipe", tmp_path, Path("/dev/null")):
        with (
            pytest.raises(OSError, match="not a regular file"),
            open_regular(odd),
        ):
            pass


def test_a_file_is_written_whole_and_anew(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"longer")
    write_file(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "missing" / "a", b"")


def test_a_new_file_leaves_one_alone_that_is_there(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"first", new=True)
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "a", b"second", new=True)
    assert (tmp_path / "a").read_bytes() == b"first"


def test_an_open_file_that_lost_its_name_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("")
    mine = identity(path)
    assert displaced(mine, path) == ""
    path.rename(tmp_path / "b")
    assert displaced(mine, path) == "deleted"
    path.write_text("")
    assert displaced(mine, path) == "replaced"
    path.unlink()
    path.symlink_to("b")
    assert displaced(mine, path) == ""


def test_a_file_goes_on_in_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "a"
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    os.write(fd, b"1" * 3_000_000)
    with pytest.raises(FileExistsError):
        go_on_in(fd, path)
    path.unlink()
    go_on_in(fd, path)
    os.write(fd, b"2")
    os.close(fd)
    assert path.read_bytes() == b"1" * 3_000_000 + b"2"
