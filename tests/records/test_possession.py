import os
import shutil
from pathlib import Path

import pytest

from forge.records.codec import pretty_json
from forge.records.layout import RunLayout
from forge.records.possession import Possession
from forge.records.processes import this_process
from forge.records.runfile import RunFile
from forge.records.status import Status


@pytest.fixture(name="layout")
def _layout(tmp_path: Path) -> RunLayout:
    layout = RunLayout(tmp_path / "1")
    layout.folder.mkdir()
    return layout


def write(layout: RunLayout, pid: int | None) -> None:
    process = this_process()
    run = RunFile(
        uid="u",
        name="train",
        number=1,
        status=Status.RUNNING,
        pid=pid,
        pid_started=process.started,
        boot=process.boot,
    )
    layout.run.write_bytes(pretty_json(run))


def test_a_folder_is_not_lost_while_it_is_there(layout: RunLayout) -> None:
    possession = Possession(layout)
    assert not possession.is_lost()
    (layout.folder / "file").touch()
    assert not possession.is_lost()


def test_a_folder_that_was_moved_is_lost_until_it_comes_back(layout: RunLayout) -> None:
    possession = Possession(layout)
    layout.folder.rename(layout.folder.with_name("moved"))
    assert possession.is_lost()
    assert possession.describe().startswith(str(layout.folder))
    layout.folder.with_name("moved").rename(layout.folder)
    assert not possession.is_lost()


def test_a_folder_of_another_run_in_its_place_is_not_it(layout: RunLayout) -> None:
    possession = Possession(layout)
    layout.folder.rename(layout.folder.with_name("kept, so that its number is not"))
    layout.folder.mkdir()
    assert possession.is_lost()
    write(layout, os.getpid() + 1)
    assert possession.is_lost()
    layout.run.write_bytes(b"{")
    assert possession.is_lost()


def test_a_file_system_that_numbers_anew_does_not_lose_it(layout: RunLayout) -> None:
    possession = Possession(layout)
    moved = layout.folder.with_name("moved")
    layout.folder.rename(moved)
    shutil.copytree(moved, layout.folder)
    write(layout, os.getpid())
    assert not possession.is_lost()
