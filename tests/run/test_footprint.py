"""The state of files, and which files git's answers depend on."""

import os
from pathlib import Path

import pytest

from forge.run.footprint import Footprint, files_of
from forge.run.repository import Place


_SECOND = 1_000_000_000


def of(*files: Path, taken: int = 0) -> Footprint:
    """Look at files."""
    return Footprint.of(map(str, files), taken)


def test_every_change_of_a_file_shows(tmp_path: Path) -> None:
    file, other = tmp_path / "a", tmp_path / "b"
    seen = [of(file, other)]
    for change in (
        lambda: file.write_text("1"),
        lambda: file.write_text("22"),
        lambda: os.utime(file, (1, 1)),
        lambda: file.chmod(0o755),
        lambda: file.rename(other),
        lambda: file.symlink_to(other),
        other.unlink,
    ):
        change()
        seen.append(of(file, other))
    assert of(file, other).agrees(seen[-1])
    for n, before in enumerate(seen):
        assert not any(before.agrees(after) for after in seen[n + 1 :])


def test_the_first_files_alone_can_be_compared(tmp_path: Path) -> None:
    before = of(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b").touch()
    after = of(tmp_path / "a", tmp_path / "b")
    assert after.agrees(before, 1)
    assert not after.agrees(before, 2)


def test_variables_belong_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = of()
    monkeypatch.setenv("SOMETHING_ELSE", "1")
    assert of().agrees(before)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "0")
    assert not of().agrees(before, 0)


@pytest.mark.parametrize(
    ("age", "fraction", "settled"),
    [
        (10_000_000, 5, False),
        (60_000_000, 5, True),
        (60_000_000, 0, False),
        (3 * _SECOND, 0, True),
        (-_SECOND, 5, False),
    ],
)
def test_a_change_of_a_moment_ago_may_hide_the_next_one(
    age: int, fraction: int, settled: bool
) -> None:
    """Where times have no fractions, the moment is longer."""
    changed = 1_700_000_000 * _SECOND + fraction
    taken = changed + age
    footprint = Footprint(facts=((changed, 0), None), environment=(), taken=taken)
    assert footprint.is_settled() is settled


def test_what_is_missing_is_listed_as_well(tmp_path: Path) -> None:
    top = str(tmp_path)
    place = Place(f"{top}/a/b", top, f"{top}/.git", f"{top}/.git", ("HEAD", "x"), "0")
    settings = f"file:{top}/included\0core.attributesfile\nmine\0".encode()
    files = files_of(place, b"100644 0 0\ta/b/c.py\x00100644 0 0\td.py\0", settings)
    assert files is not None
    assert files.tracked == (f"{top}/a/b/c.py", f"{top}/d.py")
    wanted = [".git/HEAD", ".git/x", ".git/index", ".git/packed-refs", "included"]
    wanted += [".gitattributes", "a/.gitattributes", "a/b/.gitattributes"]
    wanted += ["a/b/.git", "a/.git", "a/b/mine"]
    assert {f"{top}/{name}" for name in wanted} <= {*files.leading}
    assert f"{top}/.git" not in files.leading
    # A file holds no others: each would be one more to look at.
    assert not {f"{top}/d.py/.gitattributes"} & {*files.leading}
    assert len(set(files.leading)) == len(files.leading)
    assert len(files.footprint(0).facts) == len(files.leading) + 2


@pytest.mark.parametrize(
    ("tracked", "settings"),
    [
        (b"160000 0 0\tsubmodule\0", b""),
        (b"100644 0 0\ta\0", b"file:.git/config\0core.worktree\n/elsewhere\0"),
    ],
)
def test_what_cannot_be_listed_is_not(
    tracked: bytes, settings: bytes, tmp_path: Path
) -> None:
    top = str(tmp_path)
    place = Place(top, top, f"{top}/.git", f"{top}/.git", ("HEAD",), "0")
    assert files_of(place, tracked, settings) is None
