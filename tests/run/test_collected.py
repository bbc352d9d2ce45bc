"""Sources kept from run to run: never taken again when they would be others."""

import os
import sys
import time
from pathlib import Path

import pytest

from forge.run import collected
from forge.run.collected import Collected
from forge.run.sources import collect


MAIN = """\
import json
import parts.first
from lazy import later
"""


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "train.py").write_text(MAIN)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "first.py").write_text("VALUE = 1\n")
    (tmp_path / "results").mkdir()
    # What is imported when sources are collected for the first time in a process.
    fresh(tmp_path)
    # Two changes within one tick of the clock of a file system look alike.
    time.sleep(0.02)
    return tmp_path


@pytest.fixture(name="done")
def _done(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was collected by then; emptied by whoever has looked."""
    told: list[Path] = []

    def counted(root: Path, *words: object, **facts: object):
        told.append(root)
        return collect(root, *words, **facts)

    monkeypatch.setattr(collected, "collect", counted)
    return told


@pytest.fixture(name="kept")
def _kept() -> Collected:
    """Sources for which every change lies long enough in the past."""
    return Collected(clock=lambda: time.time_ns() + 10_000_000_000)


def ask(kept: Collected, root: Path):
    main = root / "train.py"
    return kept.collect(root, main, components=[main], exclude=[root / "results"])


def fresh(root: Path):
    main = root / "train.py"
    return collect(root, main, components=[main], exclude=[root / "results"])


def test_nothing_is_read_again_that_has_not_changed(
    root: Path, kept: Collected, done: list[Path]
) -> None:
    first = ask(kept, root)
    assert [copy.path for copy in first.files] == [
        "parts/__init__.py",
        "parts/first.py",
        "train.py",
    ]
    (root / "results" / "1").mkdir()
    assert ask(kept, root) is first
    assert done == [root]
    assert first == fresh(root)


def edit(root: Path) -> None:
    (root / "train.py").write_text(MAIN + "a = 1\n")


def edit_and_keep_size_and_age(root: Path) -> None:
    file = root / "parts" / "first.py"
    before = file.stat()
    file.write_text("VALUE = 2\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def exchange(root: Path) -> None:
    (root / "results" / "new").write_text("VALUE = 3\n")
    (root / "results" / "new").replace(root / "parts" / "first.py")


def remove(root: Path) -> None:
    (root / "parts" / "first.py").unlink()


def hide_a_module_of_python(root: Path) -> None:
    (root / "json.py").write_text("")


def add_what_is_imported_later(root: Path) -> None:
    (root / "lazy.py").write_text("later = 1\n")


def hide_a_module_by_a_package(root: Path) -> None:
    (root / "parts" / "first").mkdir()
    (root / "parts" / "first" / "__init__.py").write_text("VALUE = 4\n")


def make_an_environment_of_a_folder(root: Path) -> None:
    (root / "parts" / "pyvenv.cfg").write_text("")


@pytest.mark.parametrize(
    "change",
    [
        edit,
        edit_and_keep_size_and_age,
        exchange,
        remove,
        hide_a_module_of_python,
        add_what_is_imported_later,
        hide_a_module_by_a_package,
        make_an_environment_of_a_folder,
    ],
)
def test_what_has_changed_is_seen(
    root: Path, kept: Collected, done: list[Path], change
) -> None:
    before = ask(kept, root)
    assert ask(kept, root) is before
    change(root)
    now = fresh(root)
    assert ask(kept, root) == now != before
    assert done == [root, root]


def test_where_imports_look_decides_as_well(
    root: Path, kept: Collected, done: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "src").mkdir()
    (root / "src" / "lazy.py").write_text("later = 2\n")
    ask(kept, root)
    monkeypatch.syspath_prepend(root / "src")
    now = ask(kept, root)
    assert "src/lazy.py" in {copy.path for copy in now.files}
    monkeypatch.chdir(root)
    assert ask(kept, root) == now == fresh(root)
    assert len(done) == 3


def test_what_is_imported_decides_as_well(
    root: Path, kept: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "other.py").write_text("")
    before = ask(kept, root)
    module = type(sys)("other")
    module.__file__ = str(root / "other.py")
    monkeypatch.setitem(sys.modules, "other", module)
    now = ask(kept, root)
    assert {c.path for c in now.files} - {c.path for c in before.files} == {"other.py"}


def test_what_was_written_a_moment_ago_is_read_again(
    root: Path, done: list[Path]
) -> None:
    kept = Collected(clock=lambda: (root / "train.py").stat().st_ctime_ns)
    for _ in range(2):
        ask(kept, root)
    assert len(done) == 2


def test_links_and_much_data_are_not_kept(
    root: Path, kept: Collected, done: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(kept, root)
    with monkeypatch.context() as patch:
        patch.setattr(collected, "_LARGEST", 10)
        edit(root)
        for _ in range(2):
            ask(kept, root)
    assert len(done) == 3
    (root / "real.py").write_text("later = 1\n")
    (root / "lazy.py").symlink_to(root / "real.py")
    done.clear()
    for _ in range(2):
        ask(kept, root)
    assert len(done) == 2
