"""Rules 1 to 6: components and slots."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from projects import Project

from forge.errors import ForgeError


Load = Callable[[str], Any]
MODELS = """
@forge.model
def mlp(n_hidden=128): return ("mlp", n_hidden)
@forge.model
def cnn(width=8): return ("cnn", width)
"""


def code_of(experiment: Any, *words: str) -> str:
    """The word for the mistake in some words."""
    with pytest.raises(ForgeError) as caught:
        experiment.configure(words=words)
    return caught.value.code


def test_rule_1_a_decorated_function_is_still_that_function(load: Load) -> None:
    text = '''
@forge.model
def vae(image_shape, n_latent=8):
    """Encode and decode."""
    return image_shape, n_latent
'''
    vae = load(text).vae
    assert vae((28, 28)) == ((28, 28), 8)
    assert vae.__doc__ == "Encode and decode."
    assert vae.__name__ == "vae"
    assert copy.deepcopy(vae) is vae is copy.copy(vae)
    assert pickle.loads(pickle.dumps(vae)) is vae
    built = load(text).forge.build(vae, n_latent=4, image_shape=(2, 2))
    assert built == ((2, 2), 4)


def test_rule_1_a_class_is_registered_and_returned_as_it_was(load: Load) -> None:
    module = load("""
@forge.model
class Net:
    def __init__(self, width=8): self.width = width
class Wider(Net): pass
@forge.experiment
def train(model=Net): return model
""")
    assert isinstance(module.Net, type)
    net = module.train.run(words=["width=3"], record=False).result
    assert pickle.loads(pickle.dumps(net)).width == 3
    wider = load("").forge.slot
    with pytest.raises(ForgeError, match="Wider is not a component"):
        wider(module.Wider)


def test_rule_1_a_further_kind_has_a_decorator_of_its_own(load: Load) -> None:
    module = load("""
optimizer = forge.kind("optimizer")
@optimizer
def adam(lr=1e-3): return ("adam", lr)
@optimizer(name="descent")
def sgd(lr=0.1): return ("sgd", lr)
@forge.experiment
def fit(opt: optimizer = adam): return opt
@forge.experiment
def pick(opt: optimizer): pass
""")
    run = module.fit.run(words=["opt=descent"], record=False)
    assert run.result == ("sgd", 0.1)
    assert code_of(module.fit, "opt=sgd") == "unknown-component"
    assert code_of(module.pick) == "slot-empty"


def test_rule_1_the_same_identity_again_replaces(load: Load) -> None:
    module = load("""
@forge.model
def mlp(width=1): return width
@forge.model
def mlp(depth=2): return depth
@forge.experiment
def train(model): return model
""")
    config = module.train.configure(words=["seed=1"])
    assert dict(config) == {"model": "mlp", "model.depth": 2, "seed": 1}


def test_rule_1_two_scripts_may_both_define_a_name(load: Load) -> None:
    script = """
@forge.model
def mlp(width={}): return width
@forge.experiment
def train(model): return model
"""
    one, two = load(script.format(1)), load(script.format(2))
    assert one.train.run(record=False).result == 1
    assert two.train.run(record=False).result == 2


def test_rule_2_what_makes_a_slot(load: Load) -> None:
    module = load(f"""{MODELS}
@forge.dataset
def toy(n=1): return {{"n": n}}
@forge.experiment
def train(
    dataset,
    a=mlp,
    b=forge.slot(cnn, width=3),
    c=[mlp, cnn],
    *,
    d: forge.Dataset,
    e: forge.Model | None = None,
    f: "list[forge.Model]" = [],
    plain=None,
): return dataset, a, b, c, d, e, f
""")
    config = module.train.configure(words=["seed=1"])
    assert dict(config) == {
        "plain": None,
        "dataset": "toy",
        "dataset.n": 1,
        "a": "mlp",
        "a.n_hidden": 128,
        "b": "cnn",
        "b.width": 3,
        "c": ["mlp", "cnn"],
        "c.0": "mlp",
        "c.0.n_hidden": 128,
        "c.1": "cnn",
        "c.1.width": 8,
        "d": "toy",
        "d.n": 1,
        "e": None,
        "f": [],
        "seed": 1,
    }
    words = ["e=cnn", "f=cnn,mlp", "b=None"]
    assert code_of(module.train, *words) == "slot-required"
    run = module.train.run(words=words[:2], record=False)
    toy = {"n": 1}
    cnn, mlp = ("cnn", 8), ("mlp", 128)
    assert run.result == (toy, mlp, ("cnn", 3), [mlp, cnn], toy, cnn, [cnn, mlp])


def test_rule_2_slots_can_be_declared_at_the_decorator(load: Load) -> None:
    module = load("""
@forge.dataset
def mnist(n=3): return dict(n_classes=n)
@forge.model
def mlp(n_classes): return n_classes
@forge.experiment(dataset=mnist)
def train(model=mlp): return model
""")
    assert module.train.run(words=["dataset.n=5"], record=False).result == 5


def test_rule_3_a_name_in_sight_is_an_input(load: Load) -> None:
    module = load(f"""{MODELS}
@forge.dataset
def toy(n=1): return dict(n=n)
@forge.model
def reader(dataset): return ("reader", dataset["n"])
@forge.experiment
def train(dataset, model=reader): return model
@forge.experiment
def alone(model=reader): return model
""")
    config = module.train.configure(words=["n=4"])
    assert "model.dataset" not in config
    assert module.train.run(words=["n=4"], record=False).result == ("reader", 4)
    # Nobody around has a dataset: it is a slot, filled by the only one there is.
    assert module.alone.configure()["model.dataset"] == "toy"
    assert module.alone.run(words=["n=2"], record=False).result == ("reader", 2)


def test_rule_4_never_the_first_of_several(load: Load) -> None:
    module = load(f"{MODELS}@forge.experiment\ndef train(model): pass\n")
    assert code_of(module.train) == "slot-empty"
    assert module.train.configure(words=["model=cnn"])["model"] == "cnn"


def test_rule_5_paths_go_through_slots(load: Load) -> None:
    module = load(f"""{MODELS}
@forge.model
def outer(inner=mlp, parts=[mlp, cnn]): pass
@forge.experiment
def train(model=outer, lr=1): pass
""")
    keys = [key for key in module.train.configure() if key != "seed"]
    assert keys == [
        "lr",
        "model",
        "model.inner",
        "model.inner.n_hidden",
        "model.parts",
        "model.parts.0",
        "model.parts.0.n_hidden",
        "model.parts.1",
        "model.parts.1.width",
    ]


def test_rule_6_each_slot_is_built_once_datasets_first(load: Load) -> None:
    module = load("""
built = []
@forge.dataset
def toy(): built.append("toy"); return dict(x=object())
@forge.model
def net(x): built.append("net"); return [x]
@forge.model
def pair(left: forge.Model = net, *, model): return left, model
@forge.experiment
def train(model=net, other=pair, *, dataset): return dataset, model, other
""")
    dataset, model, (left, same) = module.train.run(record=False).result
    assert module.built == ["toy", "net", "net"]
    assert same is model
    assert left[0] is model[0] is dataset["x"]


def test_rule_6_a_factory_is_called_with_the_inputs_that_are_left(load: Load) -> None:
    module = load("""
@forge.kind("optimizer")
def adam(params, lr=1e-3, betas=[0.9]): betas.append(lr); return params, lr, betas
@forge.experiment
def train(opt: forge.Factory = adam):
    return opt([1]), opt(params=[2], lr=5), opt
""")
    first, second, opt = module.train.run(words=["lr=0.5"], record=False).result
    assert first == ([1], 0.5, [0.9, 0.5])
    assert second == ([2], 5, [0.9, 5])
    assert repr(opt) == "<forge.Factory adam(params)>"
    with pytest.raises(TypeError, match="takes 1 positional arguments here"):
        opt(1, 2)


def test_components_pickle_into_a_fresh_process(project: Project) -> None:
    project.write("import forge\n@forge.model\ndef mlp(n=1): return n\n", "nets.py")
    script = """
        import multiprocessing, pickle, nets
        if __name__ == "__main__":
            context = multiprocessing.get_context("spawn")
            with context.Pool(1) as pool:
                again = pickle.loads(pickle.dumps(nets.mlp))
                print(pool.map(nets.mlp, [3]), again is nets.mlp)
    """
    project.write(script, "main.py")
    assert project(script="main.py").stdout == "[3] True\n"
