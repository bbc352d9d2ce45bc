"""Metadata of installed distributions, in real folders."""

import sys

from forge.distributions import metadata_folders, offers


def test_metadata_is_found_in_the_order_of_imports(tmp_path, monkeypatch):
    first, egg = tmp_path / "first", tmp_path / "third-1.0.egg"
    (first / "b-1.0.dist-info").mkdir(parents=True)
    (first / "module.py").write_text("")
    (first / "old-1.egg-info").write_text("Name: old\n")
    (egg / "EGG-INFO").mkdir(parents=True)
    (egg / "x.dist-info").mkdir()
    (tmp_path / "archive.zip").write_bytes(b"")
    here = tmp_path / "here"
    (here / "c-2.dist-info").mkdir(parents=True)
    monkeypatch.chdir(here)
    folders = [egg, first, first, tmp_path / "archive.zip", tmp_path / "missing"]
    monkeypatch.setattr(sys, "path", ["", *map(str, folders)])
    found = [folder.resolve() for folder in metadata_folders()]
    assert found[:2] == [here / "c-2.dist-info", egg / "EGG-INFO"]
    assert sorted(found[2:]) == [first / "b-1.0.dist-info", first / "old-1.egg-info"]


def test_what_is_installed_while_the_process_runs_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert list(metadata_folders()) == []
    assert not offers("some.group")
    first = tmp_path / "a-1.0.dist-info"
    first.mkdir()
    assert list(metadata_folders()) == [first]
    assert not offers("some.group")
    second = tmp_path / "b-1.0.dist-info"
    second.mkdir()
    (second / "entry_points.txt").write_text("[other.group]\n[some.group]\nx = y\n")
    assert offers("some.group")
    assert not offers("some")
