"""The registry, the decorators, and who sees what."""

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from projects import Project

from forge.component import Component
from forge.errors import ForgeError
from forge.registry import (
    REGISTRY_NAME,
    Kind,
    Registry,
    dataset,
    kind,
    model,
    registry_of,
    view_for,
)
from forge.signature import component_mark


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.syspath_prepend(tmp_path)
    project = Project(tmp_path)
    yield project
    project.close()


MODEL = "import forge\n@forge.model\ndef {0}(width=1): return width\n"
EXPERIMENT = "\n@forge.experiment\ndef train(model): return model\n"


def models(module: Any) -> list[str]:
    """The models that the module's experiment can name."""
    return [c.name for c in view_for(module.train.component).of_kind("model")]


def test_modules_imported_directly_indirectly_and_late_are_seen(
    project: Project,
) -> None:
    project.write(MODEL.format("deep"), "reg_deep.py")
    project.write("import reg_deep\n" + MODEL.format("middle"), "reg_middle.py")
    project.write(MODEL.format("lazy"), "reg_lazy.py")
    project.write(MODEL.format("dynamic"), "reg_dynamic.py")
    project.write(MODEL.format("stranger"), "reg_stranger.py")
    project.write("import reg_stranger\n", "reg_other.py")
    __import__("reg_other")
    module = project.load(
        """
        import importlib, forge
        from reg_middle import middle
        def later():
            import reg_lazy
        later()
        importlib.import_module("reg_dynamic")
        @forge.experiment
        def train(model): return model
        """,
        "reg_main.py",
    )
    assert models(module) == ["deep", "dynamic", "lazy", "middle"]


def test_a_module_that_only_hands_on_is_seen_through(project: Project) -> None:
    project.write(MODEL.format("deep"), "reg_hidden.py")
    project.write("import reg_hidden\ndef tool(): pass\n", "reg_tools.py")
    __import__("reg_tools")  # imported already, by somebody else
    text = "from reg_tools import tool\nimport forge\n" + EXPERIMENT
    assert models(project.load(text, "reg_user.py")) == ["deep"]


def test_the_module_of_an_imported_experiment_is_seen(project: Project) -> None:
    project.write(MODEL.format("near") + EXPERIMENT, "reg_train.py")
    __import__("reg_train")
    text = "import forge\nfrom reg_train import train as base\n" + EXPERIMENT
    assert models(project.load(text, "reg_derived.py")) == ["near"]


def test_own_names_come_first_and_two_others_are_both_found(project: Project) -> None:
    project.write(MODEL.format("mlp"), "reg_one.py")
    project.write(MODEL.format("mlp"), "reg_two.py")
    imports = "import reg_one, reg_two\n"
    own = project.load(imports + MODEL.format("mlp") + EXPERIMENT, "reg_own.py")
    view = view_for(own.train.component)
    (found,) = view.find("model", "mlp")
    assert found.module == own.__name__
    text = imports + "import forge\n" + EXPERIMENT
    view = view_for(project.load(text, "reg_no.py").train.component)
    assert [c.module for c in view.find("model", "mlp")] == ["reg_one", "reg_two"]
    (one,) = view.find("model", "reg_one:mlp")
    assert one.module == "reg_one"
    assert view.find("dataset", "mlp") == []
    assert view.find("model", "reg_three:mlp") == []


def test_two_scripts_in_one_process_do_not_see_each_other(project: Project) -> None:
    one = project.load(MODEL.format("mlp") + EXPERIMENT, "reg_script.py")
    two = project.load(MODEL.format("mlp") + EXPERIMENT, "reg_script.py")
    assert models(one) == models(two) == ["mlp"]
    assert one.mlp.__forge_component__ in registry_of(one.mlp)


def test_a_cell_that_runs_again_replaces_what_it_made() -> None:
    cell = {"__name__": "__main__cells"}
    source = "import forge\n@forge.model\ndef net(width={}): return width\n"
    for width in (1, 2):
        exec(source.format(width), cell)
    exec("@forge.experiment\ndef train(model): return model", cell)
    assert dict(cell["train"].configure(words=["seed=1"])) == {
        "model": "net",
        "model.width": 2,
        "seed": 1,
    }


def test_what_a_user_names_by_file_is_not_seen_otherwise(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    project.write(MODEL.format("extra"), "reg_extra.py")
    module = project.load(MODEL.format("mlp") + EXPERIMENT, "reg_file.py")
    config = module.train.configure(words=["model=reg_extra.py"])
    assert config["model"] == "reg_extra.py"
    assert models(module) == ["mlp"]
    assert module.train.configure()["model"] == "mlp"


def test_a_function_stays_that_function_and_a_class_that_class() -> None:
    @model
    def net(width=1, *, depth=2):
        """Make a net."""
        return width, depth

    @dataset(name="numbers")
    class Data:
        pass

    assert net(3, depth=4) == (3, 4)
    assert (net.__name__, net.__doc__) == ("net", "Make a net.")
    assert copy.copy(net) is net is copy.deepcopy([net])[0]
    assert isinstance(Data(), Data)
    assert component_mark(Data).name == "numbers"
    assert component_mark(net).kind == "model"


def test_components_pickle_by_name(project: Project) -> None:
    project.write(MODEL.format("mlp"), "reg_pickled.py")
    mlp = __import__("reg_pickled").mlp
    assert pickle.loads(pickle.dumps([mlp, mlp])) == [mlp, mlp]
    nowhere = project.load("import forge\n@forge.model\ndef a(): pass\nb, a = a, 1\n")
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(nowhere.b)


def test_a_method_or_other_callable_keeps_its_signature() -> None:
    class Zoo:
        @model
        def make(self, width=1):
            return self, width

    zoo = Zoo()
    assert zoo.make(2) == (zoo, 2)
    assert list(component_mark(Zoo.__dict__["make"]).signature.by_name) == [
        "self",
        "width",
    ]


def test_kinds_have_names_of_their_own() -> None:
    optimizer = kind("optimizer")
    assert isinstance(optimizer, Kind)
    assert repr(optimizer) == "forge.kind('optimizer')"
    for name in ("my kind", "", "experiment", "command", "1"):
        with pytest.raises(ForgeError) as caught:
            kind(name)
        assert caught.value.code == "kind-name"


def test_a_registry_of_its_own_is_found_in_the_globals() -> None:
    own = Registry()
    scope = {"__name__": "stored", REGISTRY_NAME: own}
    source = (
        "import forge\n@forge.model\ndef net(): pass\n@forge.model\nclass Net: pass"
    )
    import sys
    import types

    module = types.ModuleType("stored")
    vars(module).update(scope)
    sys.modules["stored"] = module
    try:
        exec(source, vars(module))
    finally:
        del sys.modules["stored"]
    assert [component.name for component in own] == ["net", "Net"]
    assert registry_of(module.net) is own


def test_the_same_identity_is_at_its_newest_place() -> None:
    registry = Registry()
    one = Component("model", "a", dict, "m", "a")
    two = Component("model", "b", dict, "m", "b")
    again = Component("dataset", "a", dict, "m", "a")
    for component in (one, two, again):
        registry.add(component)
    assert list(registry) == [two, again]
    view = registry.seen_from("m")
    assert view.kinds_of("a") == ["dataset"]
    assert view.of_kind("model") == [two]
