"""The form of a manifest: reading it from a folder, telling two apart."""

import json
import os
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.rebuild.form import digest_of, read_manifest


def test_a_manifest_is_read_from_its_folder(runs):
    folder, manifest = runs.store({"a.py": ""})
    assert read_manifest(folder) == manifest


def test_a_folder_without_a_manifest_says_what_would_work(message):
    with pytest.raises(ForgeError) as caught:
        read_manifest(Path("results/train/1/sources"))
    message("no-sources", str(caught.value))


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "\udcff", "\0"])
def test_a_manifest_that_cannot_be_read_says_so(text):
    Path("MANIFEST.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ForgeError) as caught:
        read_manifest(Path())
    assert caught.value.code == "source-manifest"


def test_the_digest_depends_on_what_is_said_not_how():
    one = {"a": 1, "files": {"x": "1", "y": "2"}}
    two = json.loads(json.dumps({"files": {"y": "2", "x": "1"}, "a": 1}, indent=3))
    assert digest_of(one) == digest_of(two) != digest_of({"a": 1})


def test_a_huge_manifest_is_refused_unread():
    Path("MANIFEST.json").write_text("{}")
    os.truncate("MANIFEST.json", 1 << 40)
    with pytest.raises(ForgeError, match="larger than") as caught:
        read_manifest(Path())
    assert caught.value.code == "source-manifest"
