"""Folders to save into, and programs that train in processes of their own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forge.checkpoints.manager import Checkpoints


@pytest.fixture
def saved(tmp_path: Path) -> Checkpoints:
    """Checkpoints of which there is none yet."""
    return Checkpoints(tmp_path / "checkpoints")


@pytest.fixture
def lines() -> Callable[..., list[str]]:
    """Run a program with words, and return what it prints."""

    def run(program: str, *words: object) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run
