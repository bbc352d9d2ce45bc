"""Rules 16 to 24: keys and layers."""

from collections.abc import Callable
from typing import Any

import pytest
from projects import Project

from forge.errors import ForgeError


Load = Callable[[str], Any]
SCRIPT = """
@forge.model
def mlp(n_hidden=128, lr=1): return ("mlp", n_hidden)
@forge.model
def cnn(width=8, n_hidden=4): return ("cnn", width, n_hidden)
@forge.model
def wrapper(model, rate=0.5): return ("wrapper", model)
@forge.experiment
def train(model=mlp, lr=0.1, models=[mlp, cnn]): return model
@train.preset
def wide(): return {"model.n_hidden": 999}
@train.preset
def convolution(): return {"model": "cnn", "model.width": 16}
@train.preset
def short(): return {"n_hidden": 3}
"""


def refused(experiment: Any, *words: str, **options: Any) -> ForgeError:
    """The mistake in some words."""
    with pytest.raises(ForgeError) as caught:
        experiment.configure(words=words, **options)
    return caught.value


def test_rule_16_the_experiments_own_parameter_wins_with_a_note(load: Load) -> None:
    train = load(SCRIPT).train
    config = train.configure(words=["lr=0.2"])
    assert (config["lr"], config["model.lr"]) == (0.2, 1)
    assert config.notes == (
        "lr also exists at model.lr (unchanged)",
        "lr also exists at models.0.lr (unchanged)",
    )
    both = train.configure(words=["lr=0.2", "models.0.lr=3", "model.lr=4"])
    assert both.notes == ()
    assert both["model.lr"] == 4


def test_rule_16_a_suffix_matches_at_a_dot(load: Load) -> None:
    train = load(SCRIPT).train
    assert train.configure(words=["0.n_hidden=2"])["models.0.n_hidden"] == 2
    assert refused(train, "hidden=2").code == "unknown-key"
    assert refused(train, "n_hidden=2").code == "ambiguous-key"
    assert refused(train, "model.=2").code == "unknown-key"


def test_rule_16_parameters_come_before_inputs(load: Load) -> None:
    train = load("""
@forge.dataset
def toy(size=3): return dict(n=1)
@forge.model
def net(size, n): return size, n
@forge.experiment
def train(dataset, model, other=net): pass
""").train
    config = train.configure(words=["size=7", "model.size=5", "other.size=6"])
    assert (config["dataset.size"], config["model.size"]) == (7, 5)
    assert refused(train, "model.size=1", "other.size=1", "n=2").options == [
        "model.n",
        "other.n",
    ]


def test_rule_17_a_star_stays_within_one_element(load: Load) -> None:
    train = load(SCRIPT).train
    config = train.configure(words=["models.*.n_hidden=7"])
    assert [config[f"{m}.n_hidden"] for m in ("model", "models.0", "models.1")] == [
        128,
        7,
        7,
    ]
    every = train.configure(words=["*.n_hidden=7"])
    assert every["model.n_hidden"] == 7
    assert every["models.0.n_hidden"] == 128
    named = train.configure(words=["models.*=wrapper", "models.*.model=cnn"])
    assert named["models"] == ["wrapper", "wrapper"]
    assert (named["models.0.model"], named["models.1.model"]) == ("cnn", "cnn")
    assert refused(train, "models.*.x=7").code == "unknown-key"


def test_a_star_does_not_reach_into_what_it_chose(load: Load) -> None:
    train = load("""
@forge.model
def leaf(n=1): pass
@forge.model
def tree(left=leaf, right=leaf): pass
@forge.experiment
def train(root=leaf, other=tree): pass
""").train
    config = train.configure(words=["*t=tree"])  # root, left and right end with t
    assert config["root"] == "tree"
    assert config["other.left"] == "leaf"
    config = train.configure(words=["root=tree", "root.*t=tree"])
    assert (config["root.left"], config["root.right"]) == ("tree", "tree")
    assert config["root.left.left"] == "leaf"


def test_a_short_name_means_what_it_named_first(load: Load) -> None:
    train = load("""
@forge.model
def leaf(n=1): pass
@forge.model
def tree(branch=leaf): pass
@forge.model
def outer(branch=leaf): pass
@forge.experiment
def train(model=outer): pass
""").train
    config = train.configure(words=["branch=tree"])
    assert (config["model.branch"], config["model.branch.branch"]) == ("tree", "leaf")


def test_rule_18_short_names_are_for_the_keyboard(load: Load, project: Project) -> None:
    text = SCRIPT.replace("models=[mlp, cnn]", "models=None")
    train = load(text).train
    assert train.configure(words=["n_hidden=3"])["model.n_hidden"] == 3
    assert train.configure({"n_hidden": 3})["model.n_hidden"] == 3
    assert refused(train, "short").code == "short-key-in-file"
    project.write('{"n_hidden": 3}', "a.json")
    assert refused(train, "a.json").code == "short-key-in-file"


def test_rule_19_there_is_no_way_to_force_a_key(load: Load) -> None:
    train = load(SCRIPT).train
    assert refused(train, "+new=1").code == "unknown-key"
    assert refused(train, "--force").code == "unknown-option"
    assert refused(train, config={"new": 1}).code == "unknown-key"


def test_rule_20_words_may_stand_in_any_order(load: Load) -> None:
    train = load(SCRIPT).train
    words = ["model=cnn", "model.width=2", "lr=1", "seed=3"]
    one, two = train.configure(words=words), train.configure(words=words[::-1])
    assert dict(one) == dict(two)
    twice = train.configure(words=["lr=1", "seed=3", "lr=2"])
    assert twice["lr"] == 2
    assert "command line: lr is given 2 times; the last, lr=2, counts" in twice.notes


def test_rule_20_the_command_line_beats_everything(
    load: Load, project: Project
) -> None:
    train = load(SCRIPT).train
    project.write('{"lr": 5, "model": {"_use_": "cnn", "width": 3}}', "a.json")
    words = ["lr=7", "wide", "convolution", "a.json"]
    config = train.configure({"lr": 6}, words=words)
    assert (config["lr"], config.origin("lr").source) == (7, "command line")
    assert (config["model"], config["model.width"]) == ("cnn", 3)
    assert config.origin("model.width").source == "a.json"


def test_rule_21_the_outermost_slot_is_decided_first(load: Load) -> None:
    train = load(SCRIPT).train
    words = ["model.model.n_hidden=2", "model.model=mlp", "model=wrapper"]
    config = train.configure(words=words)
    assert config["model"] == "wrapper"
    assert config["model.model.n_hidden"] == 2


def test_rule_22_a_lower_layers_values_are_dropped_with_a_note(load: Load) -> None:
    train = load(SCRIPT).train
    config = train.configure(words=["wide", "model=cnn"])
    assert config["model.n_hidden"] == 4
    assert (
        "preset wide: model.n_hidden=999 dropped, because model was changed"
        in (config.notes[0])
    )
    same = train.configure(words=["wide", "model=mlp"])
    assert same["model.n_hidden"] == 999
    back = train.configure(words=["convolution", "model=mlp"])
    assert "model.width" not in back
    assert len(back.notes) == 1


def test_rule_22_so_are_those_a_short_name_meant(load: Load) -> None:
    text = SCRIPT.replace("models=[mlp, cnn]", "models=None")
    train = load(text).train
    config = train.configure({"model": "cnn", "width": 3}, words=["model=mlp"])
    note = "width=3 dropped, because model was changed to 'mlp' by command line"
    assert config.notes == (f"run(config=): {note}",)
    assert refused(train, "model=mlp", config={"wdith": 3}).code == "unknown-key"


def test_rule_22_in_the_same_layer_it_is_a_mistake(load: Load) -> None:
    train = load(SCRIPT).train
    error = refused(train, "model=mlp", "model.width=3")
    assert error.code == "inactive-key"
    assert error.options == ["cnn"]


def test_rule_23_values_of_a_slot_stay_with_the_slot(load: Load) -> None:
    module = load("""
@forge.dataset
def shapes(split="train", n=1): return dict(n=n)
@forge.dataset
def digits(split="train", m=1): return dict(n=m)
@forge.experiment
def train(dataset=forge.slot(shapes, split="test")): pass
@forge.experiment
def wrong(dataset=forge.slot(shapes, n="many")): pass
""")
    config = module.train.configure(words=["dataset=digits"])
    assert config["dataset.split"] == "test"
    assert config.origin("dataset.split").source == "slot dataset"
    own = module.train.configure(words=["dataset=digits", "dataset.split=valid"])
    assert own["dataset.split"] == "valid"
    error = refused(module.wrong)
    assert str(error) == "slot dataset: dataset.n=many: expected int, got 'many'."


def test_rule_24_a_component_of_a_file_or_module(load: Load, project: Project) -> None:
    nets = "import forge\n@forge.model\ndef small(n=2): return n\n"
    project.write(nets, "deep/nets.py")
    project.write(nets.replace("n=2", "n=3"), "other/nets.py")
    train = load(SCRIPT).train
    for word, n in {
        "model=deep/nets.py": 2,
        "model=other/nets.py": 3,
        "model=deep/nets.py:small": 2,
        f"model={project.folder}/other/nets.py": 3,
    }.items():
        assert train.configure(words=[word])["model.n"] == n
        assert train.run(words=[word], record=False).result == n
    assert refused(train, "model=small").code == "unknown-component"


def test_rule_24_a_file_may_fail_as_any_import_does(
    load: Load, project: Project
) -> None:
    project.write("import no_such_module_at_all\n", "broken.py")
    train = load(SCRIPT).train
    with pytest.raises(ModuleNotFoundError, match="no_such_module_at_all"):
        train.configure(words=["model=broken.py"])
