"""Runs whose sources are stored, in a working directory of their own."""

import hashlib
import json
import os
import sys
import textwrap
from pathlib import Path

import pytest

from forge.rebuild.isolated import StoredSources


def write(folder, files):
    """Write files whose texts may be indented."""
    for name, text in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


class Runs:
    """Stores sources as a run does, and opens them."""

    def __init__(self):
        self.opened = []

    def store(self, files, *, number=1, roots=(".",), main=None, **facts):
        folder = Path(f"results/train/{number}/sources")
        write(folder, files)
        stored = {
            name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()}
            for name in files
        }
        manifest = {
            "format": 1,
            "main": {"module": Path(main).stem, "path": main} if main else None,
            "roots": list(roots),
            "files": stored,
            "python": ".".join(map(str, sys.version_info[:3])),
            "externals": {},
            **facts,
        }
        (folder / "MANIFEST.json").write_text(json.dumps(manifest), encoding="utf-8")
        return folder, manifest

    def open(self, folder, manifest, **options):
        sources = StoredSources(folder, manifest, **options)
        self.opened.append(sources)
        return sources

    def __call__(self, files, *, leaks="error", registry=None, **facts):
        folder, manifest = self.store(files, **facts)
        return self.open(folder, manifest, leaks=leaks, registry=registry)


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # Tests elsewhere may leave runs open; what these tests open is counted from none.
    monkeypatch.delenv("FORGE_LOADED_RUNS", raising=False)


@pytest.fixture(name="runs")
def _runs():
    runs = Runs()
    yield runs
    for sources in runs.opened:
        sources.close()
    assert "FORGE_LOADED_RUNS" not in os.environ


@pytest.fixture(name="today")
def _today(tmp_path, monkeypatch):
    """Write modules of today's project, which lie on sys.path."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = {*sys.modules}

    def make(files):
        write(folder, files)
        return folder

    yield make
    for name in {*sys.modules} - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]
