"""Stored modules under their plain names, when that is asked for."""

import importlib
import pickle
import pkgutil
import pydoc
import sys

import pytest


FILES = {
    "train.py": "import model\nclass Config: pass",
    "model.py": "class Net: version = 1",
    "pkg/__init__.py": "",
    "pkg/part.py": "class Part: pass",
}


def test_the_process_sees_the_very_same_modules(runs):
    sources = runs(FILES, main="train.py")
    main, before = sources.import_main(), {**sys.modules}
    with sources.activated():
        import model
        import pkg.part

        assert model is main.model
        assert sys.modules["__main__"] is main
        assert pkg.part is sources.import_module("pkg.part")
        assert pkg.part.__spec__.name == f"{sources.package}.pkg.part"
        assert pkgutil.resolve_name("model:Net") is main.model.Net
        assert pydoc.locate("pkg.part.Part") is pkg.part.Part
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("pkg.other")
    private = {name for name in sys.modules if name.startswith("forge._runs")}
    assert {*sys.modules} - private == {*before} - private
    assert sys.modules["__main__"] is before["__main__"]
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("model")


def test_what_the_process_had_comes_back(runs, today):
    today({"model.py": "class Net: version = 2", "mine.py": ""})
    own = importlib.import_module("model")
    sources = runs(FILES)

    def fail():
        with sources.activated():
            assert importlib.import_module("model").Net.version == 1
            importlib.import_module("mine")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert importlib.import_module("model") is own


def test_pickles_that_the_run_had_written_can_be_read(runs, today):
    today({"model.py": "class Net: version = 2"})
    own = importlib.import_module("model")
    written = pickle.dumps(own.Net())
    sources = runs(FILES)
    with sources.activated():
        assert pickle.loads(written).version == 1
    assert pickle.loads(written).version == 2


def test_two_runs_can_be_active_one_inside_the_other(runs):
    one = runs(FILES)
    two = runs({"model.py": "class Net: version = 2"}, number=2)
    with one.activated():
        import model as first

        with two.activated():
            import model as second
        import model as again
    assert (first.Net.version, second.Net.version) == (1, 2)
    assert again is first
