"""Which modules another one imports."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from projects import Project

from forge.visibility import import_chain, reachable


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.syspath_prepend(tmp_path)
    project = Project(tmp_path)
    yield project
    project.close()


def seen(start: ModuleType) -> set[str]:
    """Project modules that one reaches by the names in it."""
    found = reachable(start.__name__, set(), {})
    return {name for name in found if name.startswith("vis_")}


def test_names_lead_from_module_to_module(project: Project) -> None:
    project.write("class A: pass\n", "vis_deep.py")
    project.write("from vis_deep import A\ndef f(): pass\n", "vis_middle.py")
    project.write("x = 1\n", "vis_stranger.py")
    project.write("import json, vis_middle\n", "vis_top.py")
    project.write("from vis_middle import f as g\n", "vis_other.py")
    project.write("import vis_stranger\n", "vis_side.py")
    __import__("vis_side")
    top, other = __import__("vis_top"), __import__("vis_other")
    assert seen(top) == {"vis_top", "vis_middle", "vis_deep"}
    assert seen(other) == {"vis_other", "vis_middle", "vis_deep"}


def test_installed_modules_are_not_walked_through(project: Project) -> None:
    project.write("x = 1\n", "vis_inner.py")
    project.write("import vis_inner\n", "site-packages/vis_library.py")
    sys.path.insert(0, str(project.folder / "site-packages"))
    try:
        top = project.load("import vis_library\n", "vis_user.py")
    finally:
        sys.path.remove(str(project.folder / "site-packages"))
    assert seen(top) == {top.__name__, "vis_library"}
    # One that has components is.
    found = reachable(top.__name__, {"vis_library"}, {})
    assert "vis_inner" in found


def test_forge_itself_is_not_walked_through(project: Project) -> None:
    top = project.load("import forge\nfrom forge import registry\n", "vis_forge.py")
    found = reachable(top.__name__, set(), {"forge.registry": {"vis_hidden"}})
    assert "vis_hidden" not in found


def test_what_was_seen_importing_counts(project: Project) -> None:
    assert reachable("a", {"b"}, {"a": {"b"}, "b": {"c"}}) == {"a", "b", "c"}


def test_a_proxy_that_raises_is_no_module(project: Project) -> None:
    top = project.load(
        """
        class Proxy:
            def __call__(self): pass
            @property
            def __module__(self): raise RuntimeError("not bound")
        proxy = Proxy()
        number = 3
        """,
        "vis_proxy.py",
    )
    assert seen(top) == {top.__name__}


def test_frames_tell_who_imports_whom() -> None:
    scope = {"__name__": "inner", "chain": import_chain, "sys": sys}
    exec("def call(): return list(chain(sys._getframe()))", scope)
    outer = {"__name__": "outer", "call": scope["call"]}
    exec("def call_it(): return call()", outer)
    ours = {"__name__": "forge.somewhere", "call_it": outer["call_it"]}
    exec("def load(): return call_it()", ours)
    assert ours["load"]()[0] == ("outer", "inner")
    assert (__name__, "outer") not in ours["load"]()
    assert (__name__, "outer") in outer["call_it"]()
