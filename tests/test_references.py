"""Components named by file or module."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import Project

from forge.errors import ForgeError
from forge.references import import_reference, is_reference, module_name_of


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    project = Project(tmp_path)
    yield project
    project.close()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("nets.py", True),
        ("a b/nets.py:small", True),
        ("package.module:name", True),
        ("mlp", False),
        ("a,b", False),
        ("nets.py:", False),
        (":name", False),
        ("C:nets", True),
        ("1module:name", False),
        ("", False),
    ],
)
def test_what_names_a_file_or_module(text: str, is_one: bool) -> None:
    assert is_reference(text) is is_one


def test_a_file_is_imported_once_under_a_name_of_its_own(project: Project) -> None:
    project.write("value = 1\n", "a/nets.py")
    project.write("value = 2\n", "b/nets.py")
    one, name, spelled = import_reference("a/nets.py:small")
    two, nothing, _ = import_reference("b/nets.py")
    assert (name, spelled, nothing) == ("small", "a/nets.py", None)
    assert (sys.modules[one].value, sys.modules[two].value) == (1, 2)
    assert one == module_name_of(project.folder / "a" / "nets.py")
    assert import_reference(str(project.folder / "a/../a/nets.py"))[0] == one


def test_a_file_that_is_imported_already_is_that_module(project: Project) -> None:
    module = project.load("value = 3\n", "mine.py")
    assert import_reference("mine.py")[0] == module.__name__


def test_a_module_is_imported_by_its_name(project: Project) -> None:
    project.write("", "package_of_mine/__init__.py")
    project.write("value = 4\n", "package_of_mine/inner.py")
    module, name, spelled = import_reference("package_of_mine.inner:x")
    assert (module, name, spelled) == (spelled, "x", "package_of_mine.inner")
    assert sys.modules[module].value == 4


@pytest.mark.parametrize(
    "text",
    ["no.py", "x" * 9_000 + ".py", "~nobody-at-all/x.py", "\0.py", "no_such:x", "a b"],
)
def test_what_is_not_there_is_said(project: Project, text: str) -> None:
    with pytest.raises(ForgeError) as caught:
        import_reference(text)
    assert caught.value.code == "no-file"


def test_an_import_that_fails_is_the_users_and_leaves_nothing(project: Project) -> None:
    path = project.write("import no_such_thing\n", "broken.py")
    for reference in ("broken.py", "broken:x"):
        with pytest.raises(ModuleNotFoundError, match="no_such_thing"):
            import_reference(reference)
    assert module_name_of(path) not in sys.modules
