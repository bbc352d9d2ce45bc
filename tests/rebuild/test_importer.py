"""The importer: what lies beside the stored files, and imports at once."""

import hashlib
import importlib
import importlib.resources
import os
import pkgutil
import py_compile
import shutil
import stat
import subprocess
import sys
import textwrap
import threading
from importlib.util import find_spec
from pathlib import Path

import pytest

from forge.errors import ForgeError
from forge.rebuild.importer import is_importing


ENDING = "raise SystemExit('executed')"


def test_planted_files_are_never_imported(runs, monkeypatch):
    sources = runs({"train.py": "", "pkg/a.py": "", "whole/__init__.py": "x = 1"})
    folder = Path(sources.manifest.folder)
    planted = ["json.py", "planted.py", "pkg/__init__.py", "pkg/planted.py"]
    for name in [*planted, "whole/planted.py"]:
        folder.joinpath(name).write_text(ENDING)
    scope = vars(sources.import_module("train"))
    exec("import json, pkg.a, whole", scope)
    assert scope["json"] is importlib.import_module("json")
    for name in ("planted", "pkg.planted", "whole.planted"):
        with pytest.raises(ModuleNotFoundError):
            exec(f"import {name}", scope)
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(f"{sources.package}.{name}")
    with pytest.raises(ImportError):
        exec("from whole import planted", scope)
    with pytest.raises(ForgeError, match="no Python file planted"):
        sources.import_file("planted.py")


def test_a_planted_package_does_not_take_the_place_of_a_module(runs):
    sources = runs({"model.py": "n = 1"})
    package = Path(sources.manifest.folder, "model")
    package.mkdir()
    package.joinpath("__init__.py").write_text(ENDING)
    assert sources.import_module("model").n == 1


def test_compiled_files_are_neither_read_nor_written(runs):
    folder, manifest = runs.store({"model.py": "n = 1"})
    evil = folder / "evil.py"
    evil.write_text(ENDING)
    times = folder.joinpath("model.py").stat()
    os.utime(evil, ns=(times.st_atime_ns, times.st_mtime_ns))
    cached = folder / "__pycache__" / f"model.{sys.implementation.cache_tag}.pyc"
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(evil), str(cached), invalidation_mode=mode)
    evil.unlink()
    assert runs.open(folder, manifest).import_module("model").n == 1
    shutil.rmtree(folder / "__pycache__")
    assert runs.open(folder, manifest).import_module("model").n == 1
    assert not folder.joinpath("__pycache__").exists()


def test_the_folder_may_be_read_only(runs):
    folder, manifest = runs.store({"pkg/__init__.py": "", "pkg/model.py": "n = 1"})
    places = [folder, *folder.rglob("*")]
    for place in places:
        place.chmod(
            place.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
        )
    try:
        assert runs.open(folder, manifest).import_module("pkg.model").n == 1
        assert [*folder.rglob("*")] == places[1:]
    finally:
        for place in places:
            place.chmod(place.stat().st_mode | stat.S_IWUSR)


def test_the_encoding_of_a_file_counts(runs):
    folder, manifest = runs.store({"model.py": ""})
    data = "# coding: latin-1\nname = 'é'\n".encode("latin-1")
    folder.joinpath("model.py").write_bytes(data)
    manifest["files"]["model.py"] = hashlib.sha256(data).hexdigest()
    sources = runs.open(folder, manifest)
    module = sources.import_module("model")
    assert module.name == "é"
    assert module.__spec__.loader.get_source(module.__name__).endswith("'é'\n")


def test_stored_data_is_read_and_checked(runs):
    files = {"pkg/__init__.py": "", "pkg/words.txt": "a b", "pkg/model.py": ""}
    sources = runs(files)
    package = sources.import_module("pkg")
    assert importlib.resources.files(package).joinpath("words.txt").read_text() == "a b"
    assert pkgutil.get_data(package.__name__, "words.txt") == b"a b"
    assert [m.name for m in pkgutil.iter_modules(package.__path__)] == ["model"]
    Path(sources.manifest.folder, "pkg/words.txt").write_text("c")
    Path(sources.manifest.folder, "pkg/planted.txt").write_text("c")
    with pytest.raises(ForgeError, match="changed"):
        pkgutil.get_data(package.__name__, "words.txt")
    with pytest.raises(FileNotFoundError):
        pkgutil.get_data(package.__name__, "planted.txt")


def test_specs_are_found_without_importing(runs):
    sources = runs({"pkg/__init__.py": "", "pkg/model.py": ENDING})
    spec = find_spec(f"{sources.package}.pkg.model")
    assert spec.origin == f"{sources.manifest.folder}/pkg/model.py"
    Path(spec.origin).unlink()
    with pytest.raises(ImportError, match="missing"):
        spec.loader.get_source(f"{sources.package}.pkg.model")


def test_a_module_can_take_its_own_place(runs):
    code = "import sys\nclass Lazy: n = 1\nsys.modules[__name__] = Lazy()"
    sources = runs({"lazy.py": code, "train.py": "import lazy\nn = lazy.n"})
    assert sources.import_module("train").n == 1


def test_stored_code_can_tell_that_it_is_being_imported(runs):
    code = """
        from forge.rebuild.importer import is_importing
        during = is_importing()
        def later():
            return is_importing()
        """
    train = runs({"train.py": code}).import_module("train")
    assert (train.during, train.later(), is_importing()) == (True, False, False)


def test_threads_that_import_at_once_share_one_module(runs):
    n = 16
    files = {f"part{i}.py": "import shared, time\ntime.sleep(0.01)" for i in range(4)}
    files["shared.py"] = "import time\ntime.sleep(0.02)\nvalue = object()"
    files["train.py"] = """
        def load(i):
            module = __import__(f"part{i % 4}")
            from shared import value
            return module, value
        """
    sources = runs(files)
    load = sources.import_module("train").load
    ready, results = threading.Barrier(n), []

    def work(i):
        ready.wait()
        results.append(load(i))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == n
    assert len({id(module) for module, _ in results}) == 4
    assert len({id(value) for _, value in results}) == 1


def test_threads_with_circular_imports_do_not_lock_each_other_out(runs):
    code = """
        import sys, threading
        from pathlib import Path
        from forge.rebuild.isolated import StoredSources
        from forge.rebuild.form import read_manifest
        folder = Path(sys.argv[1])
        sources = StoredSources(folder, read_manifest(folder))
        names = ["a", "b"] * 4
        threads = [
            threading.Thread(target=sources.import_module, args=(n,)) for n in names
        ]
        [t.start() for t in threads]
        [t.join() for t in threads]
        print(sources.import_module("a").b.a.ok, sources.import_module("b").ok)
        """
    files = {
        "a.py": "import time\ntime.sleep(0.01)\nimport b\nok = True",
        "b.py": "import time\ntime.sleep(0.01)\nimport a\nok = True",
    }
    folder, _ = runs.store(files)
    words = [sys.executable, "-c", textwrap.dedent(code), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True True\n"
