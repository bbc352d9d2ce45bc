"""Files that are written together."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forge.observers.postponed import Postponed


class Survivor:
    """Survives errors, and keeps the paths that they came from."""

    def __init__(self) -> None:
        self.failed: list[Path] = []

    @contextmanager
    def __call__(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.failed.append(path)


@pytest.fixture(name="survivor")
def _survivor() -> Survivor:
    return Survivor()


def test_all_are_written_once(tmp_path: Path, survivor: Survivor) -> None:
    later = Postponed(survivor)
    for write in (later.place, later.write):
        later.add(tmp_path / "a", b"1")
        write()
        assert (tmp_path / "a").read_bytes() == b"1"
        (tmp_path / "a").unlink()
        write()
        assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_keeps_nothing_else_away(
    tmp_path: Path, survivor: Survivor
) -> None:
    bad, good = tmp_path / "missing" / "a", tmp_path / "b"
    later = Postponed(survivor)
    later.add(bad, b"1")
    later.add(good, b"2")
    assert later.place() == (good,)
    assert good.read_bytes() == b"2"
    assert survivor.failed == [bad]
    bad.parent.mkdir()
    later.write()
    assert bad.read_bytes() == b"1"


def test_the_last_file_appears_after_all_others(
    tmp_path: Path, survivor: Survivor
) -> None:
    later = Postponed(survivor)
    later.add(tmp_path / "missing" / "a", b"1")
    later.add(tmp_path / "b", b"2")
    last, called = {tmp_path / "last": b"3"}, []
    later.write_with(last, before=lambda: called.append(1))
    assert survivor.failed == [tmp_path / "missing" / "a"]
    assert (tmp_path / "b").read_bytes() == b"2"
    assert (tmp_path / "last").read_bytes() == b"3"
    later = Postponed(survivor)
    with pytest.raises(OSError, match="No such file"):
        later.write_with({tmp_path / "gone" / "last": b"3"}, before=called.clear)
