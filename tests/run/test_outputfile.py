"""The file of the output, deleted and replaced while it is written."""

import os
from pathlib import Path

import pytest

from forge.records.durable import go_on_in
from forge.run.outputfile import OutputFile


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A run folder, in which the working directory is not."""
    folder = tmp_path / "1"
    folder.mkdir()
    return folder


def test_a_path_stays_what_it_was_when_the_working_directory_changes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    fd = os.open("output.txt", os.O_RDWR | os.O_CREAT)
    file = OutputFile(Path("output.txt"), fd)
    monkeypatch.chdir(tmp_path)
    moved: list[Path] = []
    file.look(moved.append)
    assert moved == []
    (folder / "output.txt").unlink()
    file.look(lambda path: (moved.append(path), go_on_in(fd, path)))
    file.look(moved.append)
    assert moved == [folder / "output.txt"]
    os.close(fd)


def test_what_could_not_be_written_is_tried_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "output.txt"
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    file = OutputFile(path, fd)
    path.unlink()
    file.look(lambda path: None)
    assert capsys.readouterr().err == ""
    file.look(lambda path: go_on_in(fd, path))
    assert "output.txt was deleted" in capsys.readouterr().err
    os.close(fd)
