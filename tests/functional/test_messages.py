"""What users are told, to the letter."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from projects import Project

from forge.configuration.layers import mapping_layer
from forge.errors import ForgeError
from forge.experiments.single import build


Message = Callable[[str, str], None]
Load = Callable[[str], Any]


def refused(experiment: Any, *words: str, **options: Any) -> ForgeError:
    """The mistake that is made before anything is built."""
    with pytest.raises(ForgeError) as caught:
        experiment.configure(words=words, **options)
    return caught.value


def failed(experiment: Any, *words: str) -> ForgeError:
    """The mistake that only shows when something is built."""
    with pytest.raises(ForgeError) as caught:
        experiment.run(words=words, record=False)
    return caught.value


ONE = """
@forge.dataset
def mnist(path="data", batch_size=32): return dict(x=1, n_classes=10)
@forge.model
def mlp(x, n_classes, n_hidden=128, dropout=0.1): return "mlp"
@forge.experiment
def train(dataset, model, lr=1e-3, steps: int = 1000): pass
"""
TWO = """
@forge.model
def cnn(width=1): return "cnn"
@forge.model
def mlp(width=1): return "mlp"
"""
TWINS = """
@forge.model
def mlp(n_hidden=128): return "mlp"
@forge.experiment
def distill(teacher=mlp, student=mlp): pass
"""


def test_unknown_key(load: Load, message: Message) -> None:
    error = refused(load(ONE).train, "n_hiden=3")
    message("unknown-key", str(error))
    assert (error.code, error.key) == ("unknown-key", "n_hiden")


def test_ambiguous_key(load: Load, message: Message) -> None:
    message("ambiguous-key", str(refused(load(TWINS).distill, "n_hidden=3")))


def test_inactive_key(load: Load, message: Message) -> None:
    text = """
@forge.dataset
def mnist(batch_size): return {}
@forge.dataset
def cifar(batch_size, augment=True): return {}
@forge.experiment
def train(dataset=mnist, batch_size=1): pass
"""
    message("inactive-key", str(refused(load(text).train, "augment=no")))


def test_unknown_component(load: Load, message: Message) -> None:
    message("unknown-component", str(refused(load(ONE).train, "model=mpl")))


def test_wrong_kind(load: Load, message: Message) -> None:
    text = """
@forge.kind("optimizer")
def adam(lr=1): pass
@forge.model
def gen(): pass
@forge.experiment
def gan(generator=gen): pass
"""
    module = load(text)
    message("wrong-kind", str(refused(module.gan, "generator=adam")))
    given = refused(module.gan, config={"generator": module.adam})
    message("wrong-kind", str(given))


def test_slot_empty(load: Load, message: Message) -> None:
    text = f"""{TWO}
@forge.model
def ema(model): pass
@forge.experiment
def train(model): pass
"""
    train = load(text).train
    message("slot-empty", str(refused(train)))
    message("slot-empty-nested", str(refused(train, "model=ema")))
    alone = load("@forge.experiment\ndef train(model): pass").train
    message("slot-empty-none", str(refused(alone)))


def test_slot_required(load: Load, message: Message) -> None:
    text = TWO + "@forge.experiment\ndef train(model=mlp): pass"
    train = load(text).train
    message("slot-required", str(refused(train, "model=None")))
    message("slot-required", str(refused(train, config={"model": None})))


def test_slot_value(load: Load, message: Message) -> None:
    text = """
@forge.dataset
def shapes(split="train"): return {}
@forge.dataset
def cifar(): return {}
@forge.experiment
def run(eval_data=forge.slot(shapes, split="test")): pass
"""
    message("slot-value", str(refused(load(text).run, "eval_data=cifar")))


def test_missing(load: Load, message: Message) -> None:
    text = """
@forge.model
def m(images): pass
@forge.experiment
def train(model): pass
"""
    message("missing", str(refused(load(text).train)))


def test_missing_injection(load: Load, message: Message) -> None:
    text = """
@forge.dataset
def d(): return dict(images=[1], n_clases=10, n_hidden=3)
@forge.model
def m(images, n_classes): pass
@forge.experiment
def train(dataset, model): pass
"""
    message("missing-injection", str(failed(load(text).train)))


def test_ambiguous_injection(load: Load, message: Message) -> None:
    text = """
@forge.dataset
def a(): return dict(image=object())
@forge.model
def m(image): pass
@forge.experiment
def train(one=a, two=a, model=m): pass
"""
    message("ambiguous-injection", str(failed(load(text).train)))


def test_cycle(load: Load, message: Message) -> None:
    text = """
@forge.model
def first(b): pass
@forge.model
def second(a): pass
@forge.experiment
def train(a=first, b=second): pass
"""
    message("cycle", str(refused(load(text).train)))
    derived = """
@forge.experiment
def train(a=forge.derived(lambda b: b), b=forge.derived(lambda a: a)): pass
"""
    message("cycle-derived", str(refused(load(derived).train)))


def test_bad_value(load: Load, project: Project, message: Message) -> None:
    text = """
from typing import Literal
@forge.model
def m(size: tuple[int, int] = (1, 2), dropout=0): pass
@forge.experiment
def fit(model=m, mode: Literal["fast", "exact"] = "fast", name="x"): pass
"""
    fit = load(text).fit
    message("bad-value-literal", str(refused(fit, "mode=exat")))
    message("bad-value-length", str(refused(fit, "model.size=1,2,3")))
    message("bad-value-int", str(refused(fit, "model.dropout=0.5")))
    project.write("name: no\n", "conf.yaml")
    message("bad-value-yaml", str(refused(fit, "conf.yaml")))


def test_several_values(load: Load, message: Message) -> None:
    message("several-values", str(refused(load(ONE).train, "lr=1,2")))
    text = TWO + "@forge.experiment\ndef train(model=mlp): pass"
    error = refused(load(text).train, "model=mlp,cnn")
    message("several-values-slot", str(error))


def test_words_that_are_none(load: Load, message: Message) -> None:
    text = '@forge.experiment\ndef train(tag="", lr=0.1): pass'
    train = load(text).train
    message("unknown-preset", str(refused(train, "tag=my", "run")))
    message("no-key", str(refused(train, "lr", "=", "1")))


def test_short_key_in_file(load: Load, project: Project, message: Message) -> None:
    project.write('{"n_hidden": 3}', "a.json")
    message("short-key-in-file", str(refused(load(ONE).train, "a.json")))


def test_record(load: Load, message: Message) -> None:
    text = """
@forge.experiment
def fit(sched=dict(warmup=1, decay=0.5)): pass
"""
    message("record", str(refused(load(text).fit, "sched=5")))


def test_derived_missing(load: Load, message: Message) -> None:
    text = """
@forge.experiment
def train(batch_size=1, lr=forge.derived(lambda batchsize: 1)): pass
"""
    message("derived-missing", str(refused(load(text).train)))


def test_file_choice(load: Load, project: Project, message: Message) -> None:
    two = "@forge.dataset\ndef a(): pass\n@forge.dataset\ndef b(): pass\n"
    project.write(f"import forge\n{two}", "d.py")
    project.write("import forge\n", "e.py")
    train = load("@forge.experiment\ndef train(dataset): pass").train
    message("file-choice", str(refused(train, "dataset=d.py")))
    message("file-choice-none", str(refused(train, "dataset=e.py")))
    message("file-choice-other", str(refused(train, "dataset=d.py:c")))
    message("no-module", str(refused(train, "dataset=no_such.module:c")))
    error = refused(train, "dataset=f.py")
    message("no-file", str(error).replace(str(project.folder), "FOLDER"))


def test_drift_removed(load: Load, message: Message) -> None:
    text = """
@forge.model
def mlp(width=1): pass
@forge.experiment
def train(model=mlp): pass
"""
    stored = mapping_layer("stored config", {"model.n_hidden": 3}, stored=True)
    with pytest.raises(ForgeError) as caught:
        load(text).train.resolved([stored])
    message("drift-removed", str(caught.value))
    assert caught.value.code == "drift-removed"


def test_frozen(load: Load, message: Message) -> None:
    config = load(ONE).train.configure()
    for change in (
        lambda: config.__setitem__("lr", 1),
        lambda: setattr(config, "lr", 1),
        lambda: config.__delitem__("lr"),
        lambda: delattr(config, "lr"),
        lambda: setattr(config.model, "n_hidden", 1),
        lambda: config.model.__setitem__("n_hidden", 1),
    ):
        with pytest.raises(ForgeError) as caught:
            change()
        assert caught.value.code == "frozen"
        message("frozen", str(caught.value))


def test_ambiguous_component(project: Project, message: Message) -> None:
    project.write("import forge\n@forge.model\ndef mlp(): pass\n", "twin_a.py")
    project.write("import forge\n\n@forge.model\ndef mlp(): pass\n", "twin_b.py")
    text = """
        import sys
        sys.path.insert(0, {folder!r})
        import forge, twin_a, twin_b
        sys.path.remove({folder!r})
        @forge.experiment
        def train(model): pass
    """
    train = project.load(text.format(folder=str(project.folder))).train
    error = refused(train, "model=mlp")
    message("ambiguous-component", str(error))
    assert train.configure(words=["model=twin_a:mlp"])["model"] == "twin_a:mlp"


def test_default_conflict(load: Load, message: Message) -> None:
    text = """
@forge.dataset
def cifar(): return dict(n_classes=100)
@forge.model
def mlp(n_classes=10): return n_classes
@forge.experiment
def train(dataset, model): return model
"""
    train = load(text).train
    message("default-conflict", str(failed(train)))
    words = ["model.n_classes=10"]
    assert train.run(words=words, record=False).result == 10


def test_plain_call(load: Load, message: Message) -> None:
    text = """
@forge.dataset
def digits(n=1): return {}
@forge.model
def ema(model=forge.slot(digits, n=2), rate=0.5): pass
@forge.model
def both(models=[ema, ema]): pass
@forge.model
def scaled(width=forge.derived(lambda n: n)): pass
@forge.experiment
def train(dataset=digits): return dataset
"""
    module = load(text)
    for name in ("train", "ema", "both", "scaled"):
        with pytest.raises(ForgeError) as caught:
            getattr(module, name)()
        suffix = "" if name == "train" else f"-{name}"
        message(f"plain-call{suffix}", str(caught.value))
    assert module.train({"x": 1}) == {"x": 1}


def test_run_in_run(project: Project, load: Load, message: Message) -> None:
    text = """
@forge.experiment
def inner(): pass
@forge.experiment
def train():
    inner.run()
"""
    for number in range(1, 7):
        (project.folder / "results" / "train" / str(number)).mkdir(parents=True)
    with pytest.raises(ForgeError) as caught:
        load(text).train.run()
    message("run-in-run", str(caught.value))


def test_not_a_component(load: Load, message: Message) -> None:
    module = load(ONE)
    for function, name in ((build, "build"), (load("").forge.slot, "slot")):
        with pytest.raises(ForgeError) as caught:
            function(json.dumps)
        message(f"not-a-component-{name}", str(caught.value))
    assert build(module.mlp, x=1, n_classes=2) == "mlp"


def test_what_is_refused_at_decoration(load: Load, message: Message) -> None:
    for name, text in {
        "var-positional": "@forge.model\ndef net(a, *layers): pass",
        "kind-name": "forge.kind('my optimizer')",
        "bad-name-of-kind": "forge.kind('experiment')",
    }.items():
        with pytest.raises(ForgeError) as caught:
            load(text)
        message(name, str(caught.value))


def test_reserved_names(load: Load, message: Message) -> None:
    for name, text in {
        "reserved-name": "def train(git_commit=None): pass",
        "reserved-name-private": "def train(_hidden): pass",
    }.items():
        with pytest.raises(ForgeError) as caught:
            load(f"@forge.experiment\n{text}").train.configure()
        message(name, str(caught.value))
