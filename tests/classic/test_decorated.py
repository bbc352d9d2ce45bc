"""Files with decorated components, loaded like config files."""

import pytest

import forge
from forge.errors import ForgeError


MODEL = """
import forge

@forge.model
def mlp(n_in, n_hidden=4, *, _seed):
    return {"n_in": n_in, "n_hidden": n_hidden}
"""


def test_a_component_takes_flags_and_data_by_name(project):
    project.write(MODEL, "configs/mlp.py")
    config = {"n_hidden": 8, "lr": 0.1}
    built = forge.load("configs/mlp.py", config, n_in=3, xs=[])
    assert built == {"n_in": 3, "n_hidden": 8}
    assert forge.load("configs/mlp.py", n_in=3)["n_hidden"] == 4


def test_a_load_function_goes_first(project):
    project.write(MODEL + "\ndef load(config): return 'mine'\n", "configs/mlp.py")
    assert forge.load("configs/mlp.py", {}) == "mine"


def test_several_components_need_a_load_that_chooses(project, message):
    text = MODEL + "\n@forge.dataset\ndef toy(): return {}\n"
    project.write(text, "configs/both.py")
    with pytest.raises(ForgeError) as caught:
        forge.load("configs/both.py", {})
    message("classic-file-choice", str(caught.value))


def test_components_that_are_imported_do_not_count(project, monkeypatch):
    monkeypatch.syspath_prepend(str(project.folder))
    project.write(MODEL, "parts_of_decorated.py")
    text = """
        import forge
        from parts_of_decorated import mlp

        @forge.dataset
        def toy(n=2): return {"n": n}
        """
    project.write(text, "configs/toy.py")
    assert forge.load("configs/toy.py") == {"n": 2}


def test_values_come_by_name(project, message):
    project.write(MODEL, "configs/mlp.py")
    with pytest.raises(ForgeError) as caught:
        forge.load("configs/mlp.py", {}, 3)
    message("not-values", str(caught.value))


def test_what_a_component_lacks_is_said(project):
    project.write(MODEL, "configs/mlp.py")
    with pytest.raises(ForgeError, match="n_in"):
        forge.load("configs/mlp.py", {"n_hidden": 2})
