"""What the options of decorators, runs and loads take."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import forge


def refusals(call, options):
    """Call a function with one option after another; return what is said of each."""
    said = []
    for name, value in options:
        with pytest.raises(forge.ForgeError) as found:
            call(**{name: value})
        assert found.value.code == "bad-option"
        said.append(str(found.value))
    return "\n".join(said)


def test_what_the_decorator_does_not_take(message):
    wrong = [
        ("verify", "md5"),
        ("name", "a/b"),
        ("name", "../elsewhere"),
        ("name", ".hidden"),
        ("name", "--flag"),
        ("name", "a@b"),
        ("name", "a\nb"),
        ("name", ""),
        ("name", 3),
        ("results_dir", 3),
        ("config", ["base.json"]),
        ("report_every", "often"),
        ("report_every", -1),
        ("goal", "accuracy max"),
        ("goal", "max"),
        ("goal", "MIN loss"),
        ("goal", "minimize loss"),
        ("goal", "Maximise acc"),
        ("goal", "min: loss"),
        ("goal", "max:acc"),
        ("goal", "min = loss"),
        ("goal", ""),
        ("goal", 3),
        ("resumable", "no"),
        ("final_checkpoint", None),
        ("keep_last", -1),
        ("keep_last", 2.5),
        ("keep_best", None),
        ("keep_best", True),
        ("keep_every", "day"),
        ("keep_every", timedelta(0)),
        ("sources", "*.py"),
        ("sources", [Path("a.py")]),
    ]
    message("bad-option-experiment", refusals(forge.experiment, wrong))


def test_all_mistakes_of_a_decorator_are_told_at_once():
    with pytest.raises(forge.ForgeError) as found:
        forge.experiment(keep_last="all", verify="md5")
    assert [error.name for error in found.value.errors] == [
        "keep_last",
        "verify",
    ]


def test_what_is_no_option_of_the_decorator_and_no_slot(message):
    wrong = [
        ("keep_lats", 1),
        ("goals", "max acc"),
        ("dataset", 5),
        ("reportevery", 0),
        ("model", dict),
        ("models", []),
        ("lr", None),
    ]
    message("bad-option-experiment-unknown", refusals(forge.experiment, wrong))
    with pytest.raises(forge.ForgeError) as found:
        forge.experiment(keep_lats=1, verify="md5")
    assert [error.name for error in found.value.errors] == ["keep_lats", "verify"]


def test_what_makes_a_slot(project):
    text = """
        import forge

        @forge.model
        def mlp(width=2):
            return width

        @forge.experiment(
            a=mlp,
            b=forge.slot(mlp, width=3),
            c=[mlp, forge.slot(mlp)],
            model=forge.slot(),
        )
        def train(*, _config):
            return dict(_config)
        """
    found = project.load(text).train.run({"model": "mlp"}, record=False).result
    assert {k: v for k, v in found.items() if k.endswith("width")} == {
        "a.width": 2,
        "b.width": 3,
        "c.0.width": 2,
        "c.1.width": 2,
        "model.width": 2,
    }


def test_the_best_needs_a_metric(message):
    with pytest.raises(forge.ForgeError) as found:
        forge.experiment(keep_best=2)
    assert found.value.code == "no-best-metric"
    message("no-best-metric-experiment", str(found.value))


@pytest.mark.parametrize(
    "options",
    [
        {"keep_last": None, "keep_best": np.int64(1), "goal": "max max"},
        {"keep_last": 0, "keep_every": 1000, "goal": "val/loss"},
        {"goal": "minimum"},
        {"goal": "min\tminimum loss"},
        {"goal": "maximal_drawdown"},
        {"keep_every": timedelta(hours=1), "report_every": 0, "goal": "max a max"},
        {"results_dir": Path("runs"), "resumable": False, "sources": ("*.csv",)},
        {"name": "two words, ünd 3"},
    ],
)
def test_what_the_decorator_takes(project, options):
    @forge.experiment(**options)
    def train(x=1, *, _run):
        _run.log(loss=0.5, step=1)
        _run.checkpoint(w=[x])
        return x

    run = train.run(quiet=True, capture="no")
    assert run.result == 1
    assert forge.Record.read(run.dir).checkpoints == (1,)


def test_what_a_run_does_not_take(project, message):
    wrong = [
        ("config", 3),
        ("config", "lr=3"),
        ("presets", "tiny"),
        ("words", "steps=3"),
        ("words", [3]),
        ("command", 3),
        ("results_dir", 3),
        ("record", "no"),
        ("resume", 3),
        ("tags", "first"),
        ("label", 3),
        ("note", ["text"]),
        ("capture", "all"),
        ("quiet", "yes"),
        ("argv", "train.py"),
        ("code", "today"),
        ("labl", "x"),
        ("lr", np.zeros(100)),
    ]
    train = project.load().train
    message("bad-option-run", refusals(train.run, wrong))
    assert project.runs() == []


def test_all_mistakes_of_a_run_are_told_at_once(project):
    with pytest.raises(forge.ForgeError) as found:
        project.load().train.run("steps=3", lr=1, tags="a")
    names = [error.name for error in found.value.errors]
    assert names == ["config", "lr", "tags"]


def test_lists_may_change_once_a_run_has_begun(project):
    tags = ["first"]
    text = """
        import forge

        @forge.experiment
        def train(x=1):
            tags.append("second")
        """
    module = project.load(text)
    module.tags = tags
    run = module.train.run(tags=tags, quiet=True, capture="no")
    assert tags == ["first", "second"]
    assert forge.Record.read(run.dir).tags == ("first",)


def test_what_a_load_does_not_take(project, train, message):
    train()
    wrong = [
        ("verify", True),
        ("code", "todays"),
        ("leaks", "ignore"),
        ("config", "lr=3"),
        ("ignore", "seed"),
        ("rename", ["lr"]),
    ]

    def load(**options):
        forge.Experiment.load("train/1", **options)

    message("bad-option-load", refusals(load, wrong))


def test_what_configure_of_a_loaded_run_does_not_take(train, load):
    train()
    for config, options in (("lr=3", {}), (None, {"words": "lr=3"})):
        with pytest.raises(forge.ForgeError, match=r"^train\.configure\(") as found:
            load().configure(config, **options)
        assert found.value.code == "bad-option"


def test_what_a_loaded_run_does_not_take(project, train, load, message):
    train()
    exp = load()
    said = refusals(exp.run, [("config", 3), ("tags", "a")])
    said += "\n" + refusals(exp.resume, [("config", 3), ("steps", 9)])
    message("bad-option-again", said)
    assert project.runs() == ["1"]


def test_what_configure_and_main_do_not_take(project, message):
    train = project.load().train
    said = []
    for call in (
        lambda: train.configure(5),
        lambda: train.configure("lr=3"),
        lambda: train.configure(words="lr=3"),
        lambda: train.configure(presets="tiny"),
        lambda: train.main("lr=3"),
        lambda: train.main([5]),
    ):
        with pytest.raises(forge.ForgeError) as found:
            call()
        assert found.value.code == "bad-option"
        said.append(str(found.value))
    message("bad-option-configure", "\n".join(said))
