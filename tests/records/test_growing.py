"""What others do to a file that only grows."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.records.durable import go_on_in
from forge.records.growing import GrowingFile


LINES = st.lists(st.binary(min_size=1, max_size=400), max_size=4)


def growing(path: Path, fd: int) -> GrowingFile:
    return GrowingFile(path, fd, content="all its lines", then="It goes on.")


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "lines"


@pytest.fixture(name="fd")
def _fd(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    yield fd
    os.close(fd)


@given(before=LINES, after=LINES)
def test_what_is_appended_is_no_change(
    tmp_path_factory: pytest.TempPathFactory, before: list[bytes], after: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("growing") / "lines"
    path.write_bytes(b"earlier")
    fd = os.open(path, os.O_RDWR | os.O_APPEND)
    file = growing(path, fd)
    for lines in (before, after):
        for line in lines:
            os.write(fd, line)
        assert not file.put_back(pytest.fail)
        assert not file.check(path.stat().st_size)
        assert not file.check()
    os.close(fd)


@given(
    data=st.binary(min_size=1, max_size=600), share=st.floats(0, 1, exclude_max=True)
)
def test_what_is_cut_off_is_told_once(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, share: float
) -> None:
    path = tmp_path_factory.mktemp("growing") / "lines"
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    file = growing(path, fd)
    os.write(fd, data)
    left = int(len(data) * share)
    os.truncate(path, left)
    told = f"at least {len(data) - left} of its {len(data)} bytes are lost"
    assert told in file.check(len(data))
    os.write(fd, data)
    assert not file.check()
    os.close(fd)


def test_a_file_that_has_grown_again_is_known_by_its_end(
    path: Path, fd: int, message: Callable[[str, str], None]
) -> None:
    file = growing(path, fd)
    os.write(fd, b"one\ntwo\n")
    assert not file.check()
    path.write_bytes(b"another one\n")
    told = file.check()
    assert not file.check()
    message("growing-written-over", told.replace(str(path), "metrics.jsonl"))


def test_a_file_that_is_written_anew_with_what_it_holds_is_the_same(
    path: Path, fd: int
) -> None:
    file = growing(path, fd)
    os.write(fd, b"one\n" * 1000)
    assert not file.check()
    path.write_bytes(path.read_bytes())
    assert not file.check()


def test_a_file_written_anew_may_lack_what_was_cut_off_before(
    path: Path, fd: int
) -> None:
    file = growing(path, fd)
    os.write(fd, b"one\n")
    os.truncate(path, 0)
    path.unlink()
    assert "was deleted" in file.put_back(lambda path: go_on_in(fd, path))
    assert "at least 4 of its 4 bytes are lost" in file.check(4)


def test_a_file_that_nobody_may_read_says_nothing(path: Path, fd: int) -> None:
    file = growing(path, fd)
    path.unlink()
    assert not file.check(10)
