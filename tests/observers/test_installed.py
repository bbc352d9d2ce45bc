"""Tests of observers that installed packages bring along."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from projects import Project

from forge.observers.installed import installed


PLUGIN = """
import forge

class Mirror:
    def __init__(self):
        self.name = None

    def receive(self, event):
        match event:
            case forge.observers.Started(run=run):
                self.name = f"{run.name}/{run.number}"
            case forge.observers.Completed(result=result):
                print("mirrored", self.name, result)

def out():
    return None

def broken():
    raise ValueError("no address")

def other():
    return 7

def further():
    import os, sys
    sys.path.append(os.environ["FURTHER"])
    return Mirror()
"""

POINTS = """\
[console_scripts]
mirror = plugin:out

[forge.observers]
mirror = plugin:Mirror
stays_out = plugin:out
"""


@pytest.fixture(name="package")
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Install a package with these entry points."""
    monkeypatch.delenv("FORGE_OBSERVERS", raising=False)

    def install(points: str = POINTS) -> Path:
        folder = tmp_path / "packages"
        info = folder / "forge_mirror-1.dist-info"
        info.mkdir(parents=True)
        (folder / "plugin.py").write_text(PLUGIN)
        (info / "METADATA").write_text("Name: forge-mirror\nVersion: 1\n")
        (info / "entry_points.txt").write_text(points)
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, "plugin", raising=False)
        return folder

    return install


def names(said: list[str]) -> list[str]:
    return [type(observer).__name__ for observer in installed(said.append)]


def test_without_such_packages_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORGE_OBSERVERS", raising=False)
    said: list[str] = []
    assert (names(said), said) == ([], [])


def test_what_is_installed_takes_part_unless_it_stays_out(
    package: Callable[[], Path],
) -> None:
    package()
    said: list[str] = []
    assert (names(said), said) == (["Mirror"], [])


@pytest.mark.parametrize(
    ("choice", "made"), [("", 0), ("stays_out", 0), (" mirror , mirror,", 1)]
)
def test_the_environment_chooses(
    package: Callable[[], Path],
    monkeypatch: pytest.MonkeyPatch,
    choice: str,
    made: int,
) -> None:
    package()
    monkeypatch.setenv("FORGE_OBSERVERS", choice)
    said: list[str] = []
    assert (len(names(said)), said) == (made, [])


def test_a_name_that_nobody_offers_is_told(
    package: Callable[[], Path],
    monkeypatch: pytest.MonkeyPatch,
    message: Callable[[str, str], None],
) -> None:
    monkeypatch.setenv("FORGE_OBSERVERS", "miror")
    said: list[str] = []
    assert names(said) == []
    message("observers-none-offered", said.pop())
    package()
    assert names(said) == []
    message("observers-not-offered", said.pop())


def test_what_cannot_be_made_is_told_and_survived(
    package: Callable[[str], Path], message: Callable[[str, str], None]
) -> None:
    package(
        "[forge.observers]\nbroken = plugin:broken\nother = plugin:other\n"
        "away = missing_module:Observer\nmirror = plugin:Mirror\n"
    )
    said: list[str] = []
    assert names(said) == ["Mirror"]
    message("observers-not-made", "\n".join(said))


@pytest.fixture(name="start")
def _start(package: Callable[[str], Path], project: Project) -> Callable[[str], None]:
    """Write a script that finds a package with these entry points."""

    def write(points: str = POINTS) -> None:
        project.write(
            """
            import forge

            @forge.experiment
            def train():
                return 3

            if __name__ == "__main__":
                train.main()
            """
        )
        paths = json.dumps([str(package(points)), *sys.path])
        project.write(
            f"import sys, runpy\nsys.path[:0] = {paths}\n"
            "runpy.run_path('train.py', run_name='__main__')\n",
            "start.py",
        )

    return write


def test_a_recorded_run_has_them_and_another_has_not(
    start: Callable[[], None], project: Project
) -> None:
    start()
    assert project(script="start.py").stdout == "mirrored train/1 3\n"
    assert project("--no-record", script="start.py").stdout == ""
    assert project(script="start.py", FORGE_OBSERVERS="").stdout == ""


def test_what_they_make_importable_is_among_the_requirements(
    start: Callable[[str], None], project: Project, tmp_path: Path
) -> None:
    start("[forge.observers]\nfurther = plugin:further\n")
    info = tmp_path / "more" / "brought_along-2.0.dist-info"
    info.mkdir(parents=True)
    project(script="start.py", FURTHER=str(info.parent))
    found = tmp_path.rglob("train/1/requirements.txt")
    assert "brought_along==2.0" in next(found).read_text().splitlines()
