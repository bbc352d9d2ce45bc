"""Rules 7 to 15: signatures and injection."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from forge.errors import ForgeError


Load = Callable[[str], Any]


def refused(experiment: Any, *words: str) -> ForgeError:
    """The mistake in some words, found before anything is built."""
    with pytest.raises(ForgeError) as caught:
        experiment.configure(words=words)
    return caught.value


def failed(experiment: Any, *words: str) -> ForgeError:
    """The mistake that shows when something is built."""
    with pytest.raises(ForgeError) as caught:
        experiment.run(words=words, record=False)
    return caught.value


def result(experiment: Any, *words: str) -> Any:
    """What the body returns."""
    return experiment.run(words=words, record=False).result


def test_rule_7_a_parameter_is_never_injected(load: Load) -> None:
    train = load("""
@forge.dataset
def toy(): return dict(noise=object())
@forge.model
def net(width=8, noise=0.5): return width, noise
@forge.experiment
def train(dataset, model, width=3): return model
""").train
    run = train.run(record=False)
    assert run.result == (8, 0.5)
    assert run.injected == {}


def test_rule_8_an_input_is_injected_unless_it_is_given(load: Load) -> None:
    train = load("""
@forge.dataset
def toy(): return dict(n_classes=10)
@forge.model
def net(n_classes, width): return n_classes, width
@forge.experiment
def train(dataset, model, width=3): return model
""").train
    assert result(train) == (10, 3)
    assert result(train, "model.n_classes=5", "model.width=7") == (5, 7)
    assert result(train, "n_classes=5") == (5, 3)


def test_rule_9_names_with_an_underscore_are_no_config(load: Load) -> None:
    train = load("""
@forge.model
def net(width=1, _cache=None, *, _seed, _rng, _log, _config, **rest):
    return _seed, _rng.random(), _log.name, _config["model.width"], _cache, rest
@forge.experiment
def train(model, *, _run: forge.Run, _seed, **rest):
    return model, _run, _seed, rest
""").train
    run = train.run(words=["seed=7"], record=False)
    (seed, number, log, width, cache, rest), given, own, more = run.result
    digest = hashlib.sha256(b"7:model").digest()
    assert seed == int.from_bytes(digest[:4]) >> 1
    assert number == np.random.default_rng(seed).random()
    assert (log, width, cache, rest, more) == ("train.model", 1, None, {}, {})
    assert given is run
    assert own != seed
    assert [*train.configure()] == ["model", "model.width", "seed"]


def test_rule_10_a_dict_is_a_closed_group_unless_it_is_empty(load: Load) -> None:
    train = load("""
@forge.experiment
def train(cfg={"a": 1, "deep": {"b": 2.0}}, opts={}, typed: dict[str, int] = {"x": 1}):
    return cfg, opts, typed
""").train
    words = ["cfg.a=2", "b=3", "opts.new=5", "typed.y=2"]
    assert result(train, *words) == (
        {"a": 2, "deep": {"b": 3.0}},
        {"new": 5},
        {"x": 1, "y": 2},
    )
    assert refused(train, "cfg.c=1").code == "unknown-key"
    assert refused(train, "cfg=1").code == "record"
    assert refused(train, "typed.y=abc").code == "bad-value"
    nested = train.configure({"cfg": {"a": 4, "deep": {"b": 5}}})
    assert (nested["cfg.a"], nested["cfg.deep.b"]) == (4, 5.0)


def test_rule_10_a_dataclass_is_a_group(load: Load) -> None:
    module = load("""
from dataclasses import dataclass
@dataclass(frozen=True)
class Sched:
    warmup: int = 100
    decay: float = 0.5
@forge.experiment
def train(sched=Sched(warmup=7)): return sched
""")
    assert result(module.train, "decay=1") == module.Sched(7, 1.0)
    given = module.train.configure({"sched": module.Sched(1, 2.0)})
    assert (given["sched.warmup"], given["sched.decay"]) == (1, 2.0)
    assert refused(module.train, "sched=5").code == "record"


def test_rule_11_what_can_change_is_copied_every_time(load: Load) -> None:
    module = load("""
@forge.model
def net(layers=[1], opts={}, cfg={"a": []}):
    layers.append(2); opts["x"] = 1; cfg["a"].append(3)
    return layers, opts, cfg
@forge.experiment
def train(a=net, b=net, own=[0], *, _run: forge.Run):
    own.append(1); _run.config["own"].append(9)
    return a, b, own, _run.config["own"]
""")
    for _ in range(2):
        a, b, own, config = result(module.train)
        assert a == b == ([1, 2], {"x": 1}, {"a": [3]})
        assert a[0] is not b[0]
        assert (own, config) == ([0, 1], [0])
        assert {type(a[0]), type(a[1]), type(a[2])} == {list, dict}


def test_rule_12_the_nearest_enclosing_component_comes_first(load: Load) -> None:
    train = load("""
@forge.model
def inner(width, depth): return width, depth
@forge.model
def outer(part=inner, width=2): return part
@forge.experiment
def train(model=outer, width=1, depth=5): return model
""").train
    assert result(train) == (2, 5)
    assert result(train, "width=9") == (2, 5)
    assert result(train, "model.part.width=9") == (9, 5)


def test_rule_12_an_entry_of_the_nearest_dataset(load: Load) -> None:
    train = load("""
from typing import NamedTuple
from dataclasses import dataclass
class Data(NamedTuple):
    n_in: int
    n_out: int
@dataclass
class Inner:
    n_in: int
@forge.dataset
def outside(): return Data(1, 2)
@forge.dataset
def inside(): return Inner(7)
@forge.model
def part(n_in, n_out): return n_in, n_out
@forge.model
def whole(own=inside, part=part): return part
@forge.experiment
def train(dataset=outside, model=whole): return model
""").train
    run = train.run(record=False)
    assert run.result == (7, 2)
    assert run.injected["model.part.n_in"] == (7, "model.own.n_in")


AMBIGUOUS = """
@forge.dataset
def one(n=1): return dict(n_in=n)
@forge.model
def net(n_in): return n_in
@forge.experiment
def two(a=one, b=one, model=net): return model
@forge.experiment
def mixed(dataset=one, model=net, n_in=1): return model
"""


def test_rule_12_places_that_disagree_are_ambiguous(load: Load) -> None:
    module = load(AMBIGUOUS)
    assert result(module.two) == 1
    error = failed(module.two, "b.n=2")
    assert (error.code, error.options) == ("ambiguous-injection", ["a.n_in", "b.n_in"])
    assert result(module.two, "b.n=2", "model.n_in=3") == 3
    assert result(module.mixed) == 1
    error = failed(module.mixed, "n_in=2", "dataset.n=1")
    assert error.options == ["n_in", "dataset.n_in"]


def test_rule_13_what_no_dataset_can_supply_is_missing_before_the_build(
    load: Load,
) -> None:
    module = load("""
from typing import TypedDict
built = []
class Data(TypedDict):
    images: list
@forge.dataset
def typed() -> Data: built.append(1); return {"images": []}
@forge.dataset
def untyped(): built.append(1); return {"images": []}
@forge.model
def net(images, n_classes, width): pass
@forge.experiment
def train(dataset=typed, model=net): pass
""")
    error = refused(module.train)
    assert [e.key for e in error.errors] == ["model.n_classes", "model.width"]
    assert {e.code for e in error.errors} == {"missing"}
    error = failed(module.train, "dataset=untyped")
    assert (error.code, error.names) == ("missing-injection", ["n_classes", "width"])
    assert module.built == [1]


def test_rule_14_inputs_that_need_each_other_are_a_cycle(load: Load) -> None:
    module = load("""
@forge.dataset
def reads(model): return dict(n=model)
@forge.model
def net(n): return n
@forge.model
def one(b): pass
@forge.model
def other(a): pass
@forge.experiment
def train(dataset=reads, model=net): pass
@forge.experiment
def pair(a=one, b=other): pass
""")
    assert refused(module.pair).cycle == ["a", "b", "a"]
    error = failed(module.train)
    assert error.code == "cycle"
    assert error.cycle == ["dataset", "model", "dataset"]
    assert result(module.train, "model.n=3") is None


def test_rule_14_a_default_that_the_dataset_contradicts(load: Load) -> None:
    train = load("""
@forge.dataset
def cifar(): return dict(n_classes=100, mean=object(), same=1)
@forge.model
def net(n_classes=10, mean=None, same=1): return n_classes
@forge.experiment
def train(dataset, model): return model
""").train
    assert failed(train).code == "default-conflict"
    run = train.run(words=["model.n_classes=10"], record=False)
    assert run.result == 10
    does_not_use = "dataset returned '{0}', which model.{0} does not use: it has {1}"
    assert run.notes == [
        does_not_use.format("n_classes", "a value of its own"),
        does_not_use.format("mean", "a default of its own"),
    ]


@pytest.mark.parametrize(
    ("entry", "plain"),
    [
        ("np.int64(3)", 3),
        ("np.float32(0.5)", 0.5),
        ("(28, 28)", (28, 28)),
        ("[1, None, 'x', True]", [1, None, "x", True]),
    ],
)
def test_rule_15_injected_scalars_are_known_with_their_origin(
    load: Load, entry: str, plain: Any
) -> None:
    train = load(f"""
import numpy as np
@forge.dataset
def toy(): return dict(n={entry})
@forge.model
def net(n): return n
@forge.experiment
def train(dataset, model): return model
""").train
    value, origin = train.run(record=False).injected["model.n"]
    assert value == plain
    assert origin == "dataset.n"


def test_a_component_that_returns_nothing_is_refused(
    load: Load, message: Callable[[str, str], None]
) -> None:
    train = load("""
@forge.model
def net(): pass
@forge.experiment
def train(model): pass
""").train
    message("built-nothing", str(failed(train)))


def test_the_exception_of_a_component_says_where_it_was_built(load: Load) -> None:
    train = load("""
@forge.model
def net(width=3, data=(1,) * 99): raise ValueError("too wide")
@forge.experiment
def train(model): pass
""").train
    with pytest.raises(ValueError, match="too wide") as caught:
        train.run(record=False)
    (note,) = caught.value.__notes__
    assert note.startswith(
        "forge: while building model = net (train.py:3) with width=3"
    )
    assert len(note) < 160
