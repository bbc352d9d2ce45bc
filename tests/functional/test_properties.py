"""What holds for any words, any components and any config."""

import itertools
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from projects import Project
from strategies import nasty_texts, odd_texts

from forge.building.builder import Builder
from forge.configuration.layers import mapping_layer
from forge.configuration.show import show
from forge.configuration.values import Config
from forge.errors import ForgeError


SCRIPT = """
import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
import forge
class Act(enum.Enum):
    relu = 1
    tanh = 2
@dataclass
class Sched:
    warmup: int = 100
    decay: float = 0.5
@forge.dataset
def toy(size: tuple[int, int] = (1, 2)): return dict(n_in=1)
@forge.dataset
def other(): return dict(n_in=1)
@forge.model
def mlp(n_in, layers=[64, 64], act: Act = Act.relu, init: int | None = None): return 1
@forge.model
def cnn(n_in, width=8, rate=0.1, act: Act = Act.tanh): return 2
@forge.model
def ema(model, decay=0.99, scale=forge.derived(lambda decay: 2 * decay)): return 3
@forge.experiment
def fit(
    dataset=toy, model=mlp, parts=[mlp, cnn], maybe: forge.Model | None = None,
    sched=Sched(), opts: dict[str, float] = {}, out: Path = Path("out"), any=None,
    mode: Literal["fast", "exact"] = "fast", tag="run", amp=False, steps=1000, lr=1e-3,
    group={"a": 1, "b": {"c": "x"}}, more: "dict | None" = None,
): pass
@fit.preset
def big(): return {"model": "cnn", "model.width": 64, "lr": 1}
@fit.preset
def nested(): return {"parts": ["ema", "ema"], "parts.0.decay": 0.5}
"""
#: Words that are right for every config, and words that are right for some.
WORDS = [
    "dataset=other",
    "parts=ema,cnn",
    "maybe=cnn",
    "maybe.width=2",
    "sched.warmup=5",
    "opts={a:1}",
    "out=~/x",
    "any=[1,2]",
    "mode=exact",
    "tag=a b",
    "amp=yes",
    "steps=1e6",
    "lr=.5",
    "group.b.c=y",
    "model=cnn",
    "model=ema",
    "model.act=tanh",
    "model.decay=0.5",
    "model.scale=0.5",
    "model.model=cnn",
    "model.model.width=9",
    "parts.0.decay=.25",
    "parts.0.model=cnn",
    "parts.1.rate=1",
    "big",
    "nested",
]
SPECIAL = st.sampled_from(
    ["model", "model.act", "parts", "parts.*", "*", "opts.x", "sched", "seed", "*.act"]
)


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Import an experiment with every type of parameter and slot."""
    project = Project(tmp_path_factory.mktemp("project"))
    yield project.load(SCRIPT).fit
    project.close()


def resolved(fit: Any, words: list[str]) -> Config | str:
    """The config, or the word for the first mistake."""
    try:
        return fit.configure(words=[*words, "seed=1"])
    except ForgeError as error:
        for single in error.errors:
            assert str(single).strip()
        return error.code


distinct_words = st.lists(
    st.sampled_from(WORDS), unique_by=lambda w: w.partition("=")[0], max_size=8
)


@given(distinct_words, st.randoms())
def test_the_order_of_distinct_words_does_not_matter(
    fit: Any, words: list[str], chance: Any
) -> None:
    presets = [word for word in words if "=" not in word]
    updates = [word for word in words if "=" in word]
    chance.shuffle(updates)
    shuffled = [*updates]
    for preset in presets:  # their order among each other stays
        shuffled.insert(chance.randint(0, len(shuffled)), preset)
    ordered = [word for word in shuffled if "=" not in word]
    one, two = resolved(fit, [*ordered, *updates[::-1]]), resolved(fit, shuffled)
    if isinstance(one, str) or isinstance(two, str):
        assert isinstance(one, str) == isinstance(two, str)
    else:
        assert dict(one) == dict(two)
        assert one.flags == two.flags


@given(distinct_words)
def test_flags_resolve_to_the_config_they_came_from(fit: Any, words: list[str]) -> None:
    config = resolved(fit, words)
    if isinstance(config, str):
        return
    flags = json.loads(json.dumps(config.flags))
    again = fit.resolved([mapping_layer("stored config", flags, stored=True)])
    assert dict(again) == dict(config)
    assert again.flags == config.flags
    assert again.notes == ()


@given(distinct_words)
def test_a_config_has_the_keys_of_its_components_and_no_others(
    fit: Any, words: list[str]
) -> None:
    config = resolved(fit, words)
    if isinstance(config, str):
        return
    assert show(config)
    for key in config:
        slot, _, name = key.rpartition(".")
        node = config.tree.nodes[slot] if slot else None
        if node is not None and node.component is not None:
            assert name in node.component.signature.by_name
            assert config[slot] == node.component.name


@given(
    st.lists(
        st.one_of(
            nasty_texts,
            st.builds("{}={}".format, st.one_of(SPECIAL, odd_texts), nasty_texts),
            st.sampled_from(WORDS),
        ),
        max_size=4,
    )
)
@example(["model=~nobody/x.py"])
@example(["model=" + "x" * 5000 + ".py"])
@example(["model=\0.py"])
@example(["model=\ud800.py"])
@example(["model=sys.path:x"])
@example(["model=a..b:c"])
@example(["model=.py"])
@example(["*" * 30 + "=1"])
@example(["[=1"])
@example(["=" * 50])
@example([".=1", "..=2", "model.=3", ".model=4"])
@example(["more.x=1"])
@example(["more={a:1}", "more.x=1"])
@example(["opts={a:1}", "opts.b=2", "opts.a.b=3"])
def test_no_text_raises_anything_but_a_mistake(fit: Any, words: list[str]) -> None:
    try:
        config = fit.configure(words=words)
    except ForgeError:
        return
    assert show(config)
    assert isinstance(config.flags, dict)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(odd_texts | st.just("_use_"), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.dictionaries(SPECIAL | odd_texts | st.just("group"), values, max_size=3))
@example({"model": {}})
@example({"model": {"_use_": "ema", "model": {"_use_": "cnn", "width": 1}}})
@example({"parts": [{"_use_": "cnn"}, {"_use_": 3}]})
@example({"group": {"b": 1}})
@example({"sched": {"warmup": {"x": 1}}})
@example({"parts": [None]})
def test_no_value_raises_anything_but_a_mistake(
    fit: Any, values: dict[str, Any]
) -> None:
    try:
        config = fit.configure(values)
    except ForgeError:
        return
    assert show(config)


# ---------------------------------------------------------------- graphs

NAMES = ["a", "b", "c"]
_numbers = itertools.count()
argument = st.tuples(
    st.sampled_from([*NAMES, "x", "dataset", "model"]),
    st.sampled_from(["slot", "slot", "slot", "value", "value", "input", "derived"]),
    st.sampled_from([*NAMES, "x"]),
)
arguments = st.lists(argument, unique_by=lambda argument: argument[0], max_size=3)
many_arguments = st.lists(
    argument, unique_by=lambda argument: argument[0], min_size=3, max_size=6
)


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """Draw a script whose components need each other by name in any way."""
    n = draw(st.integers(1, 5))
    lines = ["import forge", "built = []"]
    for i in range(n):
        kind = draw(st.sampled_from(["dataset", "model"]))
        takes = _signature(draw(arguments), i)
        names = draw(st.sampled_from(["x", "xa", "xab", ""]))
        entries = dict.fromkeys(names, 1)
        lines += [
            f"@forge.{kind}",
            f"def part_{i}(*, {takes}):" if takes else f"def part_{i}():",
            f"    built.append('part_{i}')",
            f"    return {entries!r}",
        ]
    takes = _signature(draw(many_arguments), n)
    lines += [
        "@forge.experiment",
        f"def train(*, {takes}): pass" if takes else "def train(): pass",
    ]
    return "\n".join(lines)


def _signature(drawn: list[tuple[str, str, str]], before: int) -> str:
    """Write arguments; a slot takes one of the components before as its default."""
    written = []
    for name, role, other in drawn:
        if role == "value":
            written.append(f"{name}=1")
        elif role == "derived":
            written.append(f"{name}=forge.derived(lambda {other}: {other})")
        elif role == "slot" and before:
            written.append(f"{name}=part_{len(other * 7 + name) * ord(other) % before}")
        else:
            written.append(name)
    return ", ".join(written)


def load(text: str) -> ModuleType:
    """Run the text as a module that is kept nowhere."""
    module = ModuleType(f"graph_{next(_numbers)}")
    exec(compile(text, f"{module.__name__}.py", "exec"), vars(module))
    return module


@given(scripts())
def test_any_graph_is_built_once_each_or_names_what_is_wrong(script: str) -> None:
    module = load(script)
    try:
        config = module.train.configure()
        builder = Builder(config)
        builder.datasets(config.tree.root)
        builder.arguments(config.tree.root, {})
    except ForgeError as error:
        for single in error.errors:
            if single.code == "cycle":
                assert single.cycle[0] == single.cycle[-1]
                assert len(single.cycle) > 1
        return
    slots = [n for n in config.tree.nodes.values() if n.component is not None]
    assert sorted(module.built) == sorted(n.component.name for n in slots)
    assert builder.built.keys() == {node.path for node in slots}
