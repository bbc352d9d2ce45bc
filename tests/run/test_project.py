"""Which files are a project's, and where imports find them."""

import os
import sys

import pytest

from forge.run.imports import Imported
from forge.run.project import Project, is_library, project_root


@pytest.fixture
def root(tmp_path, monkeypatch):
    root = tmp_path / "project"
    for path in ("train.py", "src/top.py", "src/pack/__init__.py", "src/pack/part.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    monkeypatch.setattr(sys, "path", [str(root), str(root / "src"), *sys.path])
    return root


@pytest.fixture
def project(root):
    return Project(root, root / "train.py", modules={})


@pytest.mark.parametrize("mark", ["pyproject.toml", "setup.cfg", "setup.py", ".git"])
def test_the_root_is_the_nearest_marked_folder(tmp_path, mark):
    (tmp_path / mark).touch()
    (tmp_path / "a/b").mkdir(parents=True)
    assert project_root(tmp_path / "a/b/train.py") == tmp_path.resolve()


def test_without_marks_the_root_is_the_folder_of_the_script(tmp_path):
    (tmp_path / "a").mkdir()
    assert project_root(tmp_path / "a/train.py") == (tmp_path / "a").resolve()


def test_a_notebook_belongs_to_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert project_root(None) == tmp_path.resolve()


@pytest.mark.parametrize(
    ("name", "level", "found"),
    [
        ("top", 0, ["src/top.py"]),
        ("top.attribute", 0, ["src/top.py"]),
        ("pack.part.attribute", 0, ["src/pack/__init__.py", "src/pack/part.py"]),
        ("pack.attribute", 0, ["src/pack/__init__.py"]),
        ("part", 1, ["src/pack/part.py"]),
        ("top", 2, ["src/top.py"]),
        ("", 1, []),
        ("missing", 0, []),
        ("json", 0, []),
        ("part", 0, ["src/pack/part.py"]),
    ],
)
def test_names_lead_to_files(root, project, name, level, found):
    file = str(root / "src/pack/__init__.py")
    files = project.find(Imported(name, level), file)
    assert [os.path.relpath(path, root) for path in files] == found


def test_a_project_may_have_a_module_of_the_standard_librarys_name(root):
    (root / "json.py").touch()
    project = Project(root, root / "train.py", modules={})
    assert project.find(Imported("json"), str(root / "src/top.py"))


def test_a_package_comes_before_a_module_of_its_name(root, project):
    (root / "src/pack.py").touch()
    (found,) = project.find(Imported("pack"), str(root / "train.py"))
    assert found.endswith("__init__.py")


def test_files_have_a_place_if_they_are_the_projects(root, project, tmp_path):
    assert project.place(str(root / "src/top.py")) == "src/top.py"
    assert project.place(str(tmp_path / "other.py")) is None
    place = project.place(str(tmp_path / "other.py"), wanted=True)
    assert place.startswith("_outside/")
    assert place.endswith("/other.py")
    assert project.place(os.__file__, wanted=True) is None


def test_a_file_seen_through_a_link_has_its_own_place(root, project, tmp_path):
    (tmp_path / "link").symlink_to(root)
    assert project.place(str(tmp_path / "link/src/top.py")) == "src/top.py"


def test_modules_are_named_as_imports_would(root, project):
    assert project.module_name(str(root / "train.py")) == "train"
    assert project.module_name(str(root / "src/pack/part.py")) == "src.pack.part"
    assert project.module_name("/elsewhere/some-thing.py") == "some-thing"


def test_libraries_are_told_from_projects(root):
    import numpy as np

    import forge.errors

    assert is_library(os.__file__)
    assert is_library(np.__file__)
    assert is_library(forge.errors.__file__)
    assert not is_library(str(root / "train.py"))
