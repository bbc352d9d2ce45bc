"""Stored code works on: classes, hints, pickles, sources, registration."""

import inspect
import linecache
import pickle
import shutil
import traceback
import typing

import pytest

import forge


def test_the_loading_forge_is_the_one_stored_code_sees(runs):
    sources = runs({"train.py": "import forge\nfrom forge import registry", "x.py": ""})
    assert sources.import_module("train").forge is forge


def test_components_register_in_their_runs_registry_also_late(runs):
    code = """
        from forge import registry
        @registry.model
        def net(width=3): return width
        def later():
            import more
            @registry.model
            def inner(): pass
        """
    more = "import forge.registry\n@forge.registry.dataset\nclass Digits: pass"
    sources = runs({"train.py": code, "more.py": more})
    train = sources.import_module("train")
    assert {c.name for c in sources.registry} == {"net"}
    train.later()
    assert {c.name for c in sources.registry} == {"net", "inner", "Digits"}
    assert vars(train)["__forge_run__"] is sources
    other = runs({"train.py": code, "more.py": more}, number=2)
    other.import_module("train")
    assert {c.name for c in other.registry} == {"net"}


def test_any_object_can_be_the_registry_and_is_there_before_the_first_line(runs):
    registry = object()
    code = "seen = __forge_registry__\nrun = __forge_run__"
    sources = runs({"train.py": code}, registry=registry)
    assert sources.import_module("train").seen is registry
    assert sources.import_module("train").run is sources


CLASSES = """
    from __future__ import annotations
    import dataclasses
    import enum
    from typing import ClassVar

    class Mode(enum.Enum):
        FAST = 1

    @dataclasses.dataclass
    class Config:
        mode: Mode = Mode.FAST
        parent: Config | None = None
        n: ClassVar[int] = 2

        class Part:
            pass

    def build(config: Config, mode: "Mode" = Mode.FAST) -> Config:
        # Nothing happens here.
        return config
    """


def test_dataclasses_enums_and_type_hints_work(runs):
    module = runs({"data.py": CLASSES}).import_module("data")
    hints = typing.get_type_hints(module.build)
    assert hints == {
        "config": module.Config,
        "mode": module.Mode,
        "return": module.Config,
    }
    assert typing.get_type_hints(module.Config)["mode"] is module.Mode
    assert module.Config() == module.Config(mode=module.Mode.FAST)
    assert [f.name for f in module.Config.__dataclass_fields__.values()][:2] == [
        "mode",
        "parent",
    ]


def test_pickles_find_their_way_back_within_the_process(runs):
    module = runs({"data.py": CLASSES}).import_module("data")
    for value in (module.Config(), module.Mode.FAST, module.build, module.Config.Part):
        again = pickle.loads(pickle.dumps(value))
        assert again == value


def test_what_a_module_defines_is_found_by_its_name_in_the_run(runs):
    sources = runs(
        {"data.py": CLASSES, "train.py": "from data import *"}, main="train.py"
    )
    part = sources.resolve("data", "Config.Part")
    assert part is sources.resolve("__main__", "Config").Part
    with pytest.raises(AttributeError):
        sources.resolve("data", "Config.Nothing")


def test_source_and_lines_are_exact(runs):
    sources = runs({"data.py": CLASSES})
    module = sources.import_module("data")
    folder = sources.manifest.folder
    assert module.__file__ == f"{folder}/data.py"
    assert inspect.getsource(module.build) == (
        'def build(config: Config, mode: "Mode" = Mode.FAST) -> Config:\n'
        "    # Nothing happens here.\n"
        "    return config\n"
    )
    assert inspect.getsource(module.Config.Part) == "    class Part:\n        pass\n"
    assert inspect.getsourcelines(module.build)[1] == 19
    assert inspect.getmodule(module.build) is module


def test_tracebacks_name_the_stored_copy_even_when_it_is_gone(runs):
    sources = runs({"train.py": "def fail():\n    raise KeyError('x')  # here\n"})
    train = sources.import_module("train")

    def formatted():
        try:
            train.fail()
        except KeyError:
            return traceback.format_exc()

    expected = f'File "{sources.manifest.folder}/train.py", line 2, in fail\n'
    assert expected + "    raise KeyError('x')  # here\n" in formatted()
    shutil.rmtree(sources.manifest.folder)
    linecache.clearcache()
    assert expected in formatted()
