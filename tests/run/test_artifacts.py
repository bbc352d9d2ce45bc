"""Files that runs make, on their way into the run directory."""

from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.run.artifacts import artifact


def test_a_path_goes_by_its_own_name(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    event = artifact(tmp_path / "a.txt", None)
    assert (event.kind, event.name, event.path) == (
        "artifact",
        "a.txt",
        tmp_path / "a.txt",
    )
    assert artifact(str(tmp_path / "a.txt"), "b.txt").name == "b.txt"


def test_a_tilde_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.txt").write_text("x")
    assert artifact(Path("~/a.txt"), None).path == tmp_path / "a.txt"


def test_values_need_a_name_and_a_stored_form(message):
    assert artifact(b"x", "a.bin").data == b"x"
    assert artifact([1], "a.json").data == b"[\n  1\n]\n"
    with pytest.raises(ForgeError) as found:
        artifact({"a": 1}, None)
    message("bad-artifact-name", str(found.value))
    with pytest.raises(ForgeError) as found:
        artifact(object(), "a.json")
    message("bad-artifact-value", str(found.value))


def test_a_file_that_there_is_not(message):
    with pytest.raises(ForgeError) as found:
        artifact("no/such.png", None)
    message("bad-artifact-file", str(found.value))
