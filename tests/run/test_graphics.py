"""Names of graphics processors, whatever `nvidia-smi` prints."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.run.graphics import graphics, names_in


@pytest.fixture
def smi(tmp_path, monkeypatch):
    """Make `nvidia-smi` something that prints."""

    def make(text):
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "nvidia-smi").write_text(f"#!/bin/sh\n{text}\n")
        (folder / "nvidia-smi").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return make


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("printf 'Tesla T4\\nTesla T4\\n'", ("Tesla T4", "Tesla T4")),
        ("echo 'Tesla T4'; exit 9", ()),
        ("echo 'it has failed' >&2", ()),
        ("printf '\\377\\376\\000rubbish\\n\\nTesla T4\\n\\033[31m\\n'", ("Tesla T4",)),
        ("yes rubbish", ()),
        ("exec /nowhere/nvidia", ()),
    ],
)
def test_only_names_are_taken(smi, monkeypatch, script, names):
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "/nowhere")
        others = graphics()
    smi(script)
    assert graphics() == others + names


@pytest.mark.parametrize("script", ["exec sleep 60", "exec 1>&-; exec sleep 60"])
def test_one_that_hangs_is_given_up(smi, monkeypatch, script):
    smi(f"echo 'Tesla T4'; {script}")
    monkeypatch.setattr("forge.run.graphics._SECONDS", 0.2)
    began = time.monotonic()
    assert "Tesla T4" not in graphics()
    assert time.monotonic() - began < 30  # it would sleep for 60


@given(st.binary())
def test_names_are_short_and_printable(listing):
    for name in names_in(listing):
        assert name.isprintable()
        assert len(name) < 100
