"""Scripts of a user, imported as modules of their own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from projects import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Make an empty project, and work in its folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORGE_RESULTS_DIR", raising=False)
    project = Project(tmp_path)
    yield project
    assert Path.cwd() == tmp_path, os.fspath(tmp_path)
    project.close()


@pytest.fixture
def load(project: Project) -> Callable[[str], Any]:
    """Import the text of a script that has imported Forge."""
    return lambda text: project.load(f"import forge\n{text}")
