"""Stored sources: what stored code may do, and what it never does."""

import gc
import importlib
import os
import sys
import traceback
import weakref

import pytest

from forge.errors import ForgeError


def names_of(sources):
    start = f"{sources.package}."
    return {n.removeprefix(start) for n in sys.modules if n.startswith(start)}


def test_modules_get_private_names_and_nothing_else_changes(runs):
    before, path = {*sys.modules}, [*sys.path]
    sources = runs(
        {"train.py": "import model", "model.py": "size = 3"}, main="train.py"
    )
    main = sources.import_main()
    assert main.model.size == 3
    assert main.__name__ == f"forge._runs.{sources.id}.train"
    assert names_of(sources) == {"train", "model"}
    assert sys.path == path
    new = {*sys.modules} - before
    assert all(name.startswith("forge._runs") for name in new), new


def test_two_versions_of_a_module_live_side_by_side(runs):
    one = runs({"model.py": "def width(): return 1"}, number=1)
    two = runs({"model.py": "def width(): return 2"}, number=2)
    first, second = one.import_module("model"), two.import_module("model")
    assert (first.width(), second.width()) == (1, 2)
    assert one.import_module("model") is first


def test_one_run_opened_twice_is_two_runs(runs):
    folder, manifest = runs.store({"model.py": "seen = []"})
    one, two = runs.open(folder, manifest), runs.open(folder, manifest)
    assert one.import_module("model") is not two.import_module("model")
    one.close()
    two.import_module("model")


def test_a_run_beside_the_notebooks_own_module_of_that_name(runs, today):
    today({"model.py": "width = 'today'"})
    own = importlib.import_module("model")
    sources = runs({"train.py": "import model", "model.py": "width = 'then'"})
    assert sources.import_module("train").model.width == "then"
    assert importlib.import_module("model") is own


IMPORTS = {
    "import pkg": "pkg.name",
    "import pkg.part.leaf": "pkg.part.leaf.name",
    "import pkg.part.leaf as leaf": "leaf.name",
    "from pkg import part": "part.name",
    "from pkg.part import leaf": "leaf.name",
    "from pkg.part.leaf import name": "name",
    "from pkg.part.leaf import *": "name",
    "from pkg.everything import *": "one.name",
    "from pkg.relative import up": "up",
    "from pkg.relative import beside": "beside.name",
    "from pkg.relative import lazy; leaf = lazy()": "leaf.name",
    "import importlib; m = importlib.import_module('pkg.part.leaf')": "m.name",
    "from importlib import import_module as f; m = f('.leaf', 'pkg.part')": "m.name",
    "import importlib.util, importlib as i; m = i.import_module('pkg')": "m.name",
    "m = __import__('pkg.part.leaf', fromlist=['name'])": "m.name",
    "m = __import__('pkg')": "m.name",
    "exec('import pkg.part as m')": "m.name",
    "import importlib; m = importlib.__import__('pkg')": "m.name",
    "import importlib, pkg; m = importlib.reload(pkg)": "m.name",
    "import importlib.util, pkg.part; t = importlib.util.resolve_name('.b', 'a')": "t",
}


@pytest.mark.parametrize("statement", IMPORTS)
def test_every_way_to_import_leads_to_the_run(runs, today, statement):
    files = {
        "pkg/__init__.py": "name = 'pkg'",
        "pkg/part/__init__.py": "name = 'part'",
        "pkg/part/leaf.py": "name = 'leaf'",
        "pkg/everything/__init__.py": "__all__ = ['one']",
        "pkg/everything/one.py": "name = 'one'",
        "pkg/relative.py": """
            from . import name as up
            from .part import leaf as beside
            def lazy():
                from .part import leaf
                return leaf
            """,
    }
    today({name: f"raise SystemExit({name!r})" for name in files})
    sources = runs({**files, "train.py": statement}, main="train.py")
    main = sources.import_main()
    value = eval(IMPORTS[statement], vars(main))
    assert value in {"pkg", "part", "leaf", "one", "a.b"}
    assert not {name for name in sys.modules if name.split(".")[0] == "pkg"}


def test_functions_import_from_the_run_long_after(runs, today):
    today({"late.py": "when = 'today'"})
    sources = runs(
        {
            "train.py": """
                def lazily():
                    import late
                    return late.when
                def by_name():
                    import importlib
                    return importlib.import_module("late").when
                def executed():
                    scope = {}
                    exec("from late import when", scope)
                    return scope["when"]
                """,
            "late.py": "when = 'then'",
        }
    )
    train = sources.import_module("train")
    assert names_of(sources) == {"train"}
    assert train.executed() == train.by_name() == train.lazily() == "then"


def test_circular_imports_work_as_usual(runs):
    sources = runs(
        {
            "a.py": "import b\nfrom b import half\nvalue = half + b.half",
            "b.py": "half = 21\nimport a\nfrom a import __name__ as other",
        }
    )
    assert sources.import_module("a").value == 42


def test_roots_are_searched_in_their_order(runs):
    files = {
        "src/model.py": "n = 1",
        "model.py": "n = 2",
        "src/only.py": "",
        "a.py": "",
    }
    assert runs(files, roots=("src", ".")).import_module("model").n == 1
    late = runs(files, roots=(".", "src"), number=2)
    assert late.import_module("model").n == 2
    assert late.import_module("only")
    assert late.import_module("src.only")


def test_standard_modules_that_python_finds_first_stay_themselves(runs):
    sources = runs({"train.py": "import sys, os, math", "sys.py": "", "os.py": ""})
    train = sources.import_module("train")
    assert (train.sys, train.os) == (sys, os)


def test_a_stored_module_hides_a_library_as_it_did_in_the_run(runs):
    sources = runs({"train.py": "import colorsys", "colorsys.py": "mine = True"})
    assert sources.import_module("train").colorsys.mine
    assert not hasattr(importlib.import_module("colorsys"), "mine")


def test_namespace_packages_are_found(runs):
    sources = runs(
        {
            "train.py": "import space.inner.leaf\nfrom space.inner import leaf, other",
            "space/inner/leaf.py": "name = __name__",
            "lib/space/inner/other.py": "",
        },
        roots=(".", "lib"),
    )
    train = sources.import_module("train")
    assert train.leaf is train.space.inner.leaf
    assert train.leaf.name.endswith(".space.inner.leaf")
    assert len(train.space.__path__) == 2


def test_a_namespace_package_can_go_on_in_a_library(runs, tmp_path, monkeypatch):
    library = tmp_path / "lib" / "site-packages" / "space" / "theirs"
    library.mkdir(parents=True)
    library.joinpath("__init__.py").write_text("name = 'theirs'")
    monkeypatch.syspath_prepend(str(library.parents[1]))
    sources = runs(
        {
            "train.py": """
                import space.mine
                from space import theirs, mine
                from space.theirs import name
                import space.theirs as again
                assert again is theirs and space.mine is mine
                """,
            "space/mine.py": "",
        }
    )
    try:
        assert sources.import_module("train").name == "theirs"
        with pytest.raises(ImportError, match="cannot import name 'nothing'"):
            exec("from space import nothing", vars(sources.import_module("train")))
    finally:
        sys.modules.pop("space.theirs")
        sys.modules.pop("space")


def test_missing_modules_are_missing_under_their_own_names(runs):
    sources = runs({"pkg/__init__.py": "", "train.py": "", "m.py": ""})
    scope = vars(sources.import_module("train"))
    for statement, name in {
        "import pkg.other": "pkg.other",
        "import m.other": "m.other",
        "import nowhere_at_all": "nowhere_at_all",
        "import importlib; importlib.import_module('pkg.x')": "pkg.x",
    }.items():
        with pytest.raises(ModuleNotFoundError) as caught:
            exec(statement, scope)
        assert caught.value.name == name
        assert str(caught.value).startswith(f"No module named '{name}'")
    with pytest.raises(ImportError, match="cannot import name 'other'"):
        exec("from pkg import other", scope)


def test_optional_modules_stay_optional(runs):
    code = """
        try:
            import pkg.fast as chosen
        except ImportError:
            import pkg.slow as chosen
        """
    files = {"pkg/__init__.py": "", "pkg/slow.py": "", "train.py": code}
    assert runs(files).import_module("train").chosen.__name__.endswith("pkg.slow")


def test_the_script_is_main_but_its_guard_never_runs(runs):
    sources = runs(
        {
            "train-v2.py": """
                import helper
                value = 1
                if __name__ == "__main__":
                    raise SystemExit("started")
                """,
            "helper.py": """
                def main():
                    import __main__
                    from __main__ import value
                    return __main__, value
                """,
        },
        main="train-v2.py",
    )
    main = sources.import_main()
    assert main.helper.main() == (main, 1)
    assert sources.import_module("__main__") is main
    assert sources.import_file("train-v2.py") is main
    assert sys.modules["__main__"] is not main


def test_without_a_script_there_is_no_main(runs, message):
    with pytest.raises(ForgeError) as caught:
        runs({"model.py": ""}).import_main()
    message("no-main-source", str(caught.value))


def test_files_that_no_import_leads_to_are_imported_by_path(runs, message):
    sources = runs(
        {
            "my.script.py": "n = 1",
            "_outside/ab12/model.py": "n = 2",
            "model.py": "n = 3",
        },
        main="my.script.py",
        roots=("src",),
    )
    assert sources.import_main() is sources.import_file("my.script.py")
    outside = sources.import_file("_outside/ab12/model.py")
    assert outside.n == 2
    assert sources.import_file("_outside/ab12/model.py") is outside
    assert sources.import_file("model.py").n == 3
    with pytest.raises(ForgeError) as caught:
        sources.import_file("other.py")
    message("not-stored", str(caught.value))


def test_a_module_that_fails_can_be_imported_again(runs):
    sources = runs(
        {"train.py": "import data\ndata.tries\n1 / 0", "data.py": "tries = 0"}
    )
    for _ in range(2):
        with pytest.raises(ZeroDivisionError) as caught:
            sources.import_module("train")
        assert traceback.extract_tb(caught.value.__traceback__)[-1].lineno == 3
    assert names_of(sources) == {"data"}


def test_closing_forgets_the_modules(runs, message):
    sources = runs(
        {"train.py": "class Net: pass\ndef late():\n    import more", "more.py": ""}
    )
    late = sources.import_module("train").late
    net = weakref.ref(sources.import_module("train").Net)
    with sources:
        pass
    sources.close()
    assert names_of(sources) == set()
    assert not hasattr(sys.modules["forge._runs"], sources.id)
    with pytest.raises(ForgeError) as caught:
        late()
    message("sources-closed", str(caught.value))
    with pytest.raises(ModuleNotFoundError, match="is not open"):
        importlib.import_module(f"{sources.package}.train")
    del late, caught
    gc.collect()
    assert net() is None


def test_versions_that_differ_are_one_note(runs, monkeypatch):
    same = runs({"a.py": ""}, packages={"pytest": pytest.__version__, "absent": "1.0"})
    assert same.note == ""
    old = runs({"a.py": ""}, number=2, python="3.6.1", packages={"pytest": "1.2.3"})
    now = ".".join(map(str, sys.version_info[:3]))
    expected = f"the run used pytest 1.2.3, now {pytest.__version__}"
    assert old.note == f"{expected}; python 3.6.1, now {now}"


def test_names_that_belong_to_nobody_are_refused_early(runs, message):
    folder, manifest = runs.store({"a.py": ""})
    with pytest.raises(ForgeError) as caught:
        runs.open(folder, manifest, leaks="allow")
    message("leaks-choice", str(caught.value))


def test_the_description_names_the_folder(runs):
    sources = runs({"a.py": ""})
    assert repr(sources) == (
        f"<StoredSources results/train/1/sources as forge._runs.{sources.id}>"
    )
