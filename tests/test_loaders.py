"""Loaders: what makes a component of a file in which none is decorated."""

import pytest

from forge import loaders
from forge.component import Component
from forge.errors import ForgeError


@pytest.fixture(name="registered")
def _registered(monkeypatch):
    import forge.classic.component  # its own is there for good

    assert forge.classic.component.component_of_config in loaders._loaders
    monkeypatch.setattr(loaders, "_loaders", [])
    return loaders._loaders


SCRIPT = """
import forge

@forge.experiment
def train(dataset): return dataset
"""


def test_a_file_that_a_loader_knows_is_a_component(project, registered):
    project.write("RECIPE = 3", "configs/recipe.py")

    @loaders.register
    def of_recipe(module, kind):
        if not hasattr(module, "RECIPE"):
            return None
        return Component(kind, "recipe", lambda: module.RECIPE, module.__name__, "")

    loaders.register(of_recipe)
    assert registered == [of_recipe]
    train = project.load(SCRIPT).train
    run = train.run(words=["dataset=configs/recipe.py"], record=False)
    assert run.result == 3
    assert run.config["dataset"] == "configs/recipe.py"


def test_a_file_that_no_loader_knows_is_none(project, message):
    project.write("VALUE = 3", "configs/other.py")
    with pytest.raises(ForgeError) as caught:
        project.load(SCRIPT).train.configure(words=["dataset=configs/other.py"])
    assert caught.value.code == "file-choice"
    message("file-choice-no-load", str(caught.value))


def test_a_decorated_component_goes_first(project):
    text = """
        import forge
        @forge.dataset
        def toy(): return 1
        def load(config): return 2
        """
    project.write(text, "configs/both.py")
    train = project.load(SCRIPT).train
    assert train.run(words=["dataset=configs/both.py"], record=False).result == 1
