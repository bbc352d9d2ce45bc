"""The files of imported modules, also after some are exchanged."""

import sys
from types import ModuleType

import pytest

from forge.run.modules import facts_of, imported_files


def module(name: str, file: object) -> ModuleType:
    """Make a module that comes from a file."""
    made = ModuleType(name)
    made.__file__ = file
    return made


def test_modules_are_found_as_they_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(imported_files())
    assert imported_files() == before
    monkeypatch.setitem(sys.modules, "one", module("one", "/p/one.py"))
    assert imported_files() == {**before, "one": "/p/one.py"}
    monkeypatch.setitem(sys.modules, "two", module("two", "/p/two.py"))
    monkeypatch.setitem(sys.modules, "one", module("one", "/q/one.py"))
    assert imported_files() == {**before, "one": "/q/one.py", "two": "/p/two.py"}
    monkeypatch.delitem(sys.modules, "two")
    assert imported_files() == {**before, "one": "/q/one.py"}


def test_the_newest_module_may_take_the_place_of_one_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newest = module("newest", "/p/newest.py")
    monkeypatch.setitem(sys.modules, "newest", newest)
    assert imported_files()["newest"] == "/p/newest.py"
    newest.__file__ = "/q/newest.py"  # as one at the same place in memory would have
    assert imported_files()["newest"] == "/q/newest.py"


def test_a_module_exchanged_for_a_while_is_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, stub = module("one", "/p/one.py"), ModuleType("one")
    monkeypatch.setitem(sys.modules, "one", mine)
    monkeypatch.setitem(sys.modules, "two", module("two", "/p/two.py"))
    for there, file in ((mine, "/p/one.py"), (stub, None), (mine, "/p/one.py")):
        sys.modules["one"] = there
        assert imported_files().get("one") == file


def test_a_library_may_give_way_to_a_file_of_the_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = module("one", "/x/site-packages/one.py")
    monkeypatch.setitem(sys.modules, "one", library)
    monkeypatch.setitem(sys.modules, "two", library)
    assert "one" not in imported_files()
    sys.modules["one"] = module("one", "/p/one.py")
    assert imported_files()["one"] == "/p/one.py"


@pytest.mark.parametrize(
    "other",
    [None, object(), module("other", None), module("other", 3)],
    ids=["none", "object", "no-file", "number"],
)
def test_what_is_no_module_of_a_file_is_passed_over(
    other: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "other", other)
    assert "other" not in imported_files()


def test_libraries_and_the_script_are_left_out() -> None:
    found = imported_files()
    assert not {"pytest", "json", "forge", "__main__"} & found.keys()


def test_a_module_that_loads_itself_when_it_is_looked_at_stays_asleep() -> None:
    class Lazy(ModuleType):
        def __getattribute__(self, name: str) -> object:
            raise AssertionError(name)

        @property
        def __dict__(self) -> dict[str, object]:  # type: ignore[override]
            raise AssertionError("__dict__")

    assert facts_of(Lazy("lazy"))["__name__"] == "lazy"
