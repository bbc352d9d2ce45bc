"""Rules 25 to 34: presets, derived values, seeds, storage and runs."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from projects import Project

from forge.configuration.layers import mapping_layer
from forge.errors import ForgeError


Load = Callable[[str], Any]
SCRIPT = """
@forge.model
def mlp(n_hidden=128): return ("mlp", n_hidden)
@forge.model
def cnn(channels=(4, 8), rate=0.1): return ("cnn", channels, rate)
@forge.experiment
def train(model=mlp, lr=0.1, opts={}): return model
@train.preset
def big(): return {"model": "cnn", "lr": 3e-4}
@train.preset
def nested(): return {"model": {"_use_": "cnn", "channels": [1]}, "lr": 5}
"""


def refused(experiment: Any, *words: str, **options: Any) -> ForgeError:
    """The mistake in some words."""
    with pytest.raises(ForgeError) as caught:
        experiment.configure(words=words, **options)
    return caught.value


def test_rule_25_presets_and_files_are_layers_in_order(
    load: Load, project: Project
) -> None:
    train = load(SCRIPT).train
    project.write('{"lr": 1, "model": {"_use_": "cnn", "channels": [4]}}', "a.json")
    project.write('lr = 2\n[model]\n_use_ = "cnn"\nrate = 1\n', "b.toml")
    project.write("lr: 1e-4\nmodel.channels: [3, 3]\nopts: {a: 1}\n", "c.yaml")
    one = train.configure(words=["big", "a.json"])
    assert (one["lr"], one["model.channels"]) == (1, (4,))
    two = train.configure(words=["a.json", "big", "b.toml"])
    assert (two["lr"], two["model.rate"], two["model.channels"]) == (2, 1.0, (4,))
    three = train.configure(presets=["big"], words=["c.yaml"])
    assert (three["lr"], three["opts"]) == (1e-4, {"a": 1})
    assert three["model.channels"] == (3, 3)
    assert train.configure(words=["nested"])["model.channels"] == (1,)


def test_rule_25_a_file_may_stand_right_above_the_defaults(
    load: Load, project: Project
) -> None:
    project.write('{"lr": 0.5, "steps": 7}', "default.json")
    train = load("""
@forge.experiment(config="default.json")
def train(lr=0.1, steps=1): return lr, steps
@train.preset
def fast(): return {"lr": 9}
""").train
    assert train.run(record=False).result == (0.5, 7)
    assert train.run(words=["fast"], record=False).result == (9.0, 7)
    assert train.configure().origin("lr").source == "default.json"


def test_rule_26_with_may_be_left_out(project: Project) -> None:
    project.write(f"import forge{SCRIPT}\nif __name__ == '__main__': train.main()\n")
    one = project("print_config", "with", "lr=0.5", "seed=1").stdout
    assert one == project("print_config", "lr=0.5", "seed=1").stdout
    assert "* lr" in one


def test_rule_27_derived_values_follow_what_they_come_from(load: Load) -> None:
    train = load("""
@forge.model
def net(width=2, depth=forge.derived(lambda width, scale: width * scale)): return depth
@forge.experiment
def train(
    model=net,
    scale=3,
    twice=forge.derived(lambda scale: 2 * scale),
    more=forge.derived(lambda twice, name: f"{name}{twice}"),
    name="n",
    layers=forge.derived(lambda scale: [scale]),
): return model, twice, more, layers
""").train
    assert train.run(record=False).result == (6, 6, "n6", [3])
    run = train.run(words=["scale=5", "model.width=1"], record=False)
    assert run.result == (5, 10, "n10", [5])
    fixed = train.configure(words=["twice=1"])
    assert (fixed["twice"], fixed["more"]) == (1, "n1")
    assert fixed.origin("twice").source == "command line"
    assert fixed.origin("more").source == "derived"


def test_rule_27_a_derived_value_may_need_what_is_built(load: Load) -> None:
    train = load("""
@forge.dataset
def toy(n=4): return dict(n_in=n)
@forge.model
def net(n_in, width=forge.derived(lambda n_in: 2 * n_in)): return width
@forge.experiment
def train(dataset, model, last=forge.derived(lambda model: model + 1)):
    return model, last
""").train
    run = train.run(words=["dataset.n=5"], record=False)
    assert run.result == (10, 11)
    assert run.injected["model.width"] == (10, "derived at build")
    assert "model.width" not in run.config.flags
    assert train.run(words=["model.width=1"], record=False).result == (1, 2)


def test_a_derived_value_that_fails_says_which_it_was(load: Load) -> None:
    train = load("""
@forge.experiment
def train(batch_size=0, lr=forge.derived(lambda batch_size: 1 / batch_size)): pass
""").train
    with pytest.raises(ZeroDivisionError) as caught:
        train.configure()
    assert caught.value.__notes__ == ["forge: while deriving lr from batch_size=0"]


def test_rule_28_a_seed_is_drawn_and_everything_follows_from_it(load: Load) -> None:
    script = """
import random
@forge.model
def net(*, _seed): return _seed, random.random()
@forge.model
def other(*, _seed): random.random(); return _seed, random.random()
@forge.dataset
def toy(seed): return seed
@forge.experiment
def train(a=net, b=net, dataset=toy, *, _seed): return a, b, dataset, random.random()
"""
    train = load(script).train
    first = train.configure()
    assert first["seed"] != train.configure()["seed"]
    assert (first.origin("seed").source, 0 <= first["seed"] < 2**31) == ("drawn", True)
    one = train.run(words=["seed=3"], record=False).result
    state = random.getstate()
    assert one == train.run(words=["seed=3"], record=False).result
    assert state == random.getstate()
    swapped = train.run(words=["seed=3", "a=other"], record=False).result
    assert swapped[0][0] == one[0][0]  # the seed of a place, whoever stands there
    assert swapped[1:] == one[1:]
    assert one[2] == 3
    assert one[0] != one[1]


def test_rule_28_an_experiment_may_name_its_seed(load: Load) -> None:
    module = load("""
@forge.experiment
def default(seed=5): return seed
@forge.experiment
def asks(seed): return seed
@forge.model
def net(seed): return seed
""")
    assert module.default.run(record=False).result == 5
    assert module.asks.run(words=["seed=9"], record=False).result == 9
    assert module.asks.configure().origin("seed").source == "drawn"
    assert module.forge.build(module.net, seed=4) == 4


def test_rule_29_flags_are_flat_sorted_and_come_back(load: Load) -> None:
    module = load("""
import enum
from pathlib import Path
class Act(enum.Enum):
    relu = 1
    tanh = 2
def square(x): return x * x
@forge.model
def net(size=(1, 2), act=Act.relu, out=Path("a"), fn=square): return size, act, out, fn
@forge.experiment
def train(model, lr=0.1, seed=7): return model
""")
    train = module.train
    config = train.configure(words=["act=tanh", "out=b/c"])
    flags = json.loads(json.dumps(config.flags))
    assert flags == {
        "lr": 0.1,
        "model": "net",
        "model.act": "tanh",
        "model.fn": f"{module.__name__}:square",
        "model.out": "b/c",
        "model.size": [1, 2],
        "seed": 7,
    }
    assert list(flags) == sorted(flags)
    again = train.resolved([mapping_layer("stored config", flags, stored=True)])
    assert dict(again) == dict(config)
    assert again["model.act"] is module.Act.tanh
    assert again["model.out"] == Path("b/c")


def test_rule_30_todays_code_reads_yesterdays_config(load: Load) -> None:
    train = load(SCRIPT).train
    stored = mapping_layer("stored config", {"model": "cnn", "seed": 1}, stored=True)
    config = train.resolved([stored])
    assert "lr is new since the run; using today's default 0.1" in config.notes
    gone = {"model": "mlp", "model.width": 3, "seed": 1}
    with pytest.raises(ForgeError) as caught:
        train.resolved([mapping_layer("stored config", gone, stored=True)])
    assert caught.value.code == "drift-removed"


COMMANDS = """
built = []
@forge.dataset
def toy(n=4): built.append("toy"); return dict(n_in=n)
@forge.model
def net(n_in): built.append("net"); return n_in
@forge.experiment
def train(dataset, model, lr=0.1):
    return scaled(2), scaled(2, factor=5), lr
@train.capture
def scaled(x, lr, model, factor=10): return x * factor, lr, model
@train.command
def evaluate(dataset, lr, split="test", *, _seed): return dataset, lr, split
calls = []
@train.before
def first(model, quiet=False): calls.append(("before", model, quiet))
@train.after
def last(result, lr): calls.append(("after", result, lr))
"""


def test_rule_31_a_command_builds_only_what_it_needs(load: Load) -> None:
    module = load(COMMANDS)
    words = ["evaluate.split=train", "lr=3"]
    run = module.train.run(command="evaluate", words=words, record=False)
    assert run.result == ({"n_in": 4}, 3.0, "train")
    assert module.built == ["toy"]
    assert module.calls == []
    error = refused(module.train, "evaluate.split=train")
    assert error.code == "unknown-key"
    short = module.train.configure(words=["split=x"], command="evaluate")
    assert short["evaluate.split"] == "x"


def test_rule_31_a_captured_function_is_filled(load: Load) -> None:
    module = load(COMMANDS)
    words = ["factor=3", "lr=2", "first.quiet=yes"]
    run = module.train.run(words=words, record=False)
    assert run.result == ((6, 2.0, 4), (10, 2.0, 4), 2.0)
    assert module.calls == [("before", 4, True), ("after", run.result, 2.0)]
    assert module.scaled(1, 2, 3, 4) == (4, 2, 3)


def test_rule_31_after_comes_after_a_failure_too(load: Load) -> None:
    module = load("""
calls = []
@forge.experiment
def train(lr=1): raise ValueError("no")
@train.after
def last(result, lr): calls.append((result, lr))
@train.after
def without(): calls.append(())
@train.after
def anything(**inputs): calls.append(inputs)
""")
    with pytest.raises(ValueError, match="no") as found:
        module.train.run(record=False)
    assert module.calls == [(None, 1), (), {"result": None}]
    assert not hasattr(found.value, "__notes__")


def test_rule_32_a_plain_call_gets_a_run_that_records_nothing(
    load: Load, project: Project
) -> None:
    train = load("""
@forge.experiment
def train(lr=1, *, _run: forge.Run, _rng):
    _run.log(loss=1.0, step=1)
    return _run.id, _run.dir, lr
""").train
    assert train() == ("train", None, 1)
    assert train(5, _rng=None)[2] == 5
    assert not (project.folder / "results").exists()


def test_rule_33_exp_run_records_and_raises_on(load: Load, project: Project) -> None:
    train = load("""
@forge.experiment
def train(fail=True):
    inner.run(record=False)
    if fail: raise KeyError("lost")
@forge.experiment
def inner(): return 1
""").train
    with pytest.raises(KeyError, match="lost"):
        train.run()
    assert project.record("train/1").status == "FAILED"
    assert train.run({"fail": False}).dir == Path("results/train/2").absolute()
    assert project.runs() == ["1", "2"]


def test_rule_34_relative_paths_stay_as_given(
    load: Load, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = load("""
from pathlib import Path
@forge.experiment
def train(a=Path("x"), b: Path = Path("y"), c="~"): return a, b, c, Path.cwd()
""").train
    monkeypatch.setenv("HOME", "/somewhere")
    words = ["a=data/../d", "b=~/d"]
    result = train.run(words=words, record=False).result
    assert result == (Path("data/../d"), Path("/somewhere/d"), "~", project.folder)
