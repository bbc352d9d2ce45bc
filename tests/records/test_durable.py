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
    fsync_path,
    fsync_tree,
    go_on_in,
    identity,
    open_regular,
    read_bounded,
    remove_leftovers,
    replace_file,
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


def test_a_tree_is_flushed_with_links_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"x")
    (tmp_path / "a" / "dangling").symlink_to("nowhere")
    fsync_tree(tmp_path)
    fsync_path(tmp_path / "a" / "b" / "file")


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


def test_flushing_a_tree_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fsync_tree(tmp_path / "nothing")


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
