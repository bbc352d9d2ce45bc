"""The config files of a recorded run: its own copies, else the originals."""

import json
import shutil

import pytest

import forge
from forge.errors import ForgeError


@pytest.fixture(name="old")
def _old(classic):
    """A folder as the Forge of 2018 left it, beside a project of today."""
    folder = classic.folder / "checkpoints/run/1"
    folder.mkdir(parents=True)
    flags = {
        "data_config": "configs/data.py",
        "model_config": "configs/model.py",
        "n": 2,
        "n_hidden": 1,
        "batch_size": 32,
        "name": None,
        "git_commit": None,
    }
    (folder / "flags.json").write_text(json.dumps(flags))
    return folder


def copy(classic, folder):
    for name in ("data.py", "model.py"):
        shutil.copy(classic.folder / "configs" / name, folder)


def test_the_copies_of_2018_are_what_is_loaded(classic, old, monkeypatch):
    copy(classic, old)
    monkeypatch.syspath_prepend(str(classic.folder / "configs"))
    classic.write("raise 1", "configs/data.py")
    with pytest.warns(match="base"):  # which was not copied then
        loaded = forge.load_from_checkpoint(old, trust=True)
    assert loaded.data["n_in"] == 2
    assert len(loaded.model["weights"]["value"]) == 2


def test_the_copies_of_2018_are_signed_by_nobody(classic, old):
    copy(classic, old)
    with pytest.raises(ForgeError) as caught:
        forge.load_from_checkpoint(old)
    assert caught.value.code == "untrusted"


def test_a_folder_without_copies_has_the_originals(old):
    with pytest.warns(match="no copy of its"):
        loaded = forge.load_from_checkpoint(old, override_flags={"batch_size": 8})
    assert loaded.data["n_in"] == 2


def test_originals_elsewhere_are_named_by_a_prefix(
    classic, old, monkeypatch, tmp_path, message
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ForgeError) as caught:
        forge.load_from_checkpoint(old)
    text = str(caught.value).replace(str(tmp_path), "DIR")
    message("load-no-originals", text)
    with pytest.warns(match="no copy"):
        loaded = forge.load_from_checkpoint(old, path_prefix=str(classic.folder))
    assert loaded.data["n_in"] == 2


def test_a_copy_that_does_not_import_shows_its_traceback(classic, old, message):
    copy(classic, old)
    (old / "data.py").write_text("import numpy\nprint(undefined)\n")
    (old / "model.py").write_text("VALUE = 1\n")
    with pytest.raises(ForgeError) as caught:
        forge.load_from_checkpoint(old, trust=True)
    message("load-broken-copies", str(caught.value).replace(str(classic.folder), "DIR"))
