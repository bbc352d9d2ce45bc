"""The guard: libraries pass, today's project does not."""

import sys
import types
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.rebuild.guard import is_library


def leak(sources, name="train"):
    with pytest.raises(ForgeError) as caught:
        sources.import_module(name)
    assert caught.value.code == "code-leak"
    return caught.value


def test_todays_code_is_refused_before_it_runs(runs, today, tmp_path, message):
    today({"helpers.py": "raise SystemExit('imported')"})
    sources = runs({"train.py": "import sys\n\nimport helpers"})
    error = leak(sources)
    assert (error.name, error.line) == ("helpers", 3)
    assert error.found == str(tmp_path / "project" / "helpers.py")
    assert "helpers" not in sys.modules
    message("code-leak", str(error).replace(str(tmp_path), "/home/me"))


@pytest.mark.parametrize(
    "statement",
    [
        "import helpers.deep",
        "from helpers import deep",
        "from helpers.deep import name",
        "import importlib; importlib.import_module('helpers')",
        "import importlib; importlib.import_module('helpers.deep')",
        "__import__('helpers')",
        "exec('import helpers')",
        "import importlib; importlib.__import__('helpers')",
        "import spread.mine",
        "from spread import mine",
        "import spread",
        "import spread.inner.mine",
        "from spread.inner import *",
    ],
)
def test_every_way_to_import_is_watched(runs, today, statement):
    ending = "raise SystemExit('imported')"
    today(
        {
            "helpers/__init__.py": ending,
            "helpers/deep.py": ending,
            "spread/mine.py": ending,
            "spread/inner/mine.py": ending,
        }
    )
    leak(runs({"train.py": statement}))


def test_lazy_imports_are_watched_each_time(runs, today):
    today({"helpers.py": ""})
    sources = runs({"train.py": "def late():\n    import helpers"})
    train = sources.import_module("train")
    for _ in range(2):
        with pytest.raises(ForgeError, match=r"train.py:2 imports 'helpers'"):
            train.late()


def test_modules_the_process_has_imported_are_refused_as_well(runs, today):
    today({"helpers.py": ""})
    import helpers

    leak(runs({"train.py": "import helpers"}))
    assert sys.modules["helpers"] is helpers


def test_a_name_of_the_standard_library_taken_by_the_project_is_refused(runs, today):
    today({"this.py": "raise SystemExit('imported')"})
    leak(runs({"train.py": "import this"}))


def test_with_warn_todays_code_passes_with_a_warning(runs, today, tmp_path, message):
    today({"helpers.py": "name = 'today'"})
    sources = runs({"train.py": "import helpers"}, leaks="warn")
    with pytest.warns(UserWarning, match="helpers") as caught:
        assert sources.import_module("train").helpers.name == "today"
    (warning,) = caught
    text = str(warning.message).replace(str(tmp_path), "/home/me")
    message("code-leak-warning", text)
    assert warning.filename == str(Path(sources.manifest.folder, "train.py"))
    assert warning.lineno == 1


def test_libraries_pass(runs):
    sources = runs(
        {
            "train.py": """
                import sys, os.path, json.decoder, math, _thread
                import xml.etree.ElementTree as tree
                from concurrent import futures
                import numpy as np
                import numpy.linalg
                from hypothesis import strategies
                import forge.errors
                """
        }
    )
    assert sources.import_module("train").np is sys.modules["numpy"]


def test_externals_of_the_manifest_pass(runs, today):
    today({"mylib/__init__.py": "n = 1", "mylib/part.py": "", "other.py": ""})
    for number, externals in enumerate(
        [["mylib"], [{"name": "mylib"}], {"mylib": "/home/me/mylib/__init__.py"}]
    ):
        sources = runs(
            {
                "train.py": "import mylib.part\nfrom mylib import n",
                "late.py": "import other",
            },
            number=number,
            externals=externals,
        )
        assert sources.import_module("train").n == 1
        leak(sources, "late")


def test_namespace_packages_spread_over_a_library_are_judged_by_part(
    runs, today, tmp_path, monkeypatch
):
    library = tmp_path / "lib" / "site-packages" / "spread" / "theirs.py"
    library.parent.mkdir(parents=True)
    library.write_text("")
    monkeypatch.syspath_prepend(str(library.parents[1]))
    today({"spread/mine.py": "raise SystemExit('imported')"})
    try:
        runs({"train.py": "from spread import theirs"}).import_module("train")
        runs({"train.py": "import spread.theirs"}, number=2).import_module("train")
        leak(runs({"train.py": "from spread import theirs, mine"}, number=3))
        leak(runs({"train.py": "import spread.theirs, spread.mine"}, number=4))
    finally:
        for name in ("spread", "spread.theirs"):
            sys.modules.pop(name, None)


def test_a_stored_namespace_does_not_open_a_way_to_todays_part(runs, today):
    today({"space/mine.py": "raise SystemExit('imported')"})
    files = {"space/stored.py": "", "train.py": "import space.stored, space.mine"}
    leak(runs(files))
    leak(runs({**files, "train.py": "from space import stored, mine"}, number=2))


def test_modules_made_in_memory_pass(runs, monkeypatch):
    monkeypatch.setitem(sys.modules, "made_up", types.ModuleType("made_up"))
    runs({"train.py": "import made_up"}).import_module("train")


def test_modules_that_are_blocked_stay_blocked(runs, monkeypatch):
    monkeypatch.setitem(sys.modules, "made_up", None)
    with pytest.raises(ModuleNotFoundError):
        runs({"train.py": "import made_up"}).import_module("train")


def test_what_the_loading_code_asks_for_is_judged_too(runs, today, tmp_path, message):
    today({"helpers.py": ""})
    error = leak(runs({"train.py": ""}), "helpers")
    message("code-leak-needed", str(error).replace(str(tmp_path), "/home/me"))


def test_libraries_are_told_by_where_they_lie(tmp_path):
    assert is_library(types.__file__)
    assert is_library(pytest.__file__)
    assert is_library(str(tmp_path / "env/lib/python3.9/site-packages/a.py"))
    assert not is_library(str(tmp_path / "site-packages.py"))
    assert not is_library(__file__)


def test_a_library_that_is_a_link_to_a_cache_is_a_library(tmp_path):
    cached = tmp_path / "cache.py"
    cached.write_text("")
    link = tmp_path / "site-packages" / "a.py"
    link.parent.mkdir()
    link.symlink_to(cached)
    assert is_library(str(link))
