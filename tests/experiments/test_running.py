"""Runs asked for from Python: `exp.run`, nested runs, and what is refused."""

import os
import shutil

import pytest
from projects import TRAIN

import forge


QUIET = {"quiet": True, "capture": "no"}


def test_run_records_and_returns_the_run(project):
    train = project.load().train
    run = train.run(
        {"lr": 0.25}, presets=["tiny"], words=["offset=3"], tags=["a", "b"], **QUIET
    )
    assert run.id == "train/1"
    assert run.number == 1
    assert (
        run.dir == project.folder / "results/train/1"
        or str(run.dir) == "results/train/1"
    )
    assert run.status == "COMPLETED"
    assert run.result["accuracy"] == 0.5
    record = project.record()
    assert record.tags == ("a", "b")
    assert record.config["lr"] == 0.25
    assert record.config["steps"] == 2
    assert record.config["dataset.offset"] == 3
    assert record.run.presets == ("tiny",)
    assert record.run.argv == ()
    assert repr(run) == "<forge.Run train/1 COMPLETED>"


def test_run_of_a_command(project):
    run = project.load().train.run({"split": "train"}, command="evaluate", **QUIET)
    assert run.result["split"] == "train"
    assert project.record().run.command == "evaluate"


def test_run_without_a_record(project):
    run = project.load().train.run(presets=["tiny"], record=False)
    assert run.dir is None
    assert run.number is None
    assert run.id == "train"
    assert run.result["accuracy"] == 0.5
    assert not (project.folder / "results").exists()


def test_results_dir_of_caller_environment_and_decorator(project, monkeypatch):
    text = TRAIN.replace(
        "@forge.experiment", '@forge.experiment(results_dir="by decorator")'
    )
    train = project.load(text).train
    train.run(presets=["tiny"], **QUIET)
    monkeypatch.setenv("FORGE_RESULTS_DIR", "by environment")
    train.run(presets=["tiny"], **QUIET)
    train.run(presets=["tiny"], results_dir="by caller", **QUIET)
    for name in ("by decorator", "by environment", "by caller"):
        assert (project.folder / name / "train/1/run.json").is_file()


def test_run_raises_what_the_body_raised(project):
    train = project.load().train
    with pytest.raises(ValueError, match="stopped at 1") as found:
        train.run({"stop_at": 1}, **QUIET)
    assert found.traceback[-1].path.name == "train.py"
    assert project.record().status == "FAILED"
    assert forge.current_run() is None
    train.run(presets=["tiny"], **QUIET)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("SystemExit(0)", "COMPLETED"),
        ("SystemExit(4)", "FAILED"),
        ("KeyboardInterrupt", "INTERRUPTED"),
    ],
)
def test_what_is_no_exception_is_raised_too(project, error, status):
    train = project.load(TRAIN.replace('ValueError(f"stopped at {step}")', error)).train
    with pytest.raises((SystemExit, KeyboardInterrupt)):
        train.run({"stop_at": 1}, **QUIET)
    assert project.record().status == status


def test_an_interrupt_ends_the_run_without_an_exception(project):
    train = project.load(
        TRAIN.replace('ValueError(f"stopped at {step}")', 'forge.Interrupt("enough")')
    ).train
    run = train.run({"stop_at": 3}, **QUIET)
    assert run.status == "INTERRUPTED"
    record = project.record()
    assert record.run.reason == "enough"
    # What was measured last is what loads.
    assert record.checkpoints == (2, 3)


def test_mistakes_leave_nothing_behind(project):
    train = project.load().train
    with pytest.raises(forge.ForgeError) as found:
        train.run({"n_hiden": 1, "steps": "x"}, presets=["huge"], command=None)
    assert [e.code for e in found.value.errors] == [
        "unknown-preset",
        "unknown-key",
        "bad-value",
    ]
    assert not (project.folder / "results").exists()


NESTED = """
import forge

@forge.experiment
def inner(x=1):
    return x

@forge.experiment
def outer(record=False, *, _run: forge.Run):
    assert forge.current_run() is _run
    result = inner.run({"x": 5}, record=record).result
    assert forge.current_run() is _run
    return result
"""


def test_a_run_inside_a_run_is_refused_before_anything_is_written(project, message):
    outer = project.load(NESTED).outer
    with pytest.raises(forge.ForgeError) as found:
        outer.run({"record": True}, **QUIET)
    message("run-in-run-nested", str(found.value))
    assert found.value.code == "run-in-run"
    assert project.runs("inner") == []
    assert project.record("outer/1").status == "FAILED"


def test_an_unrecorded_run_inside_a_run_is_fine(project):
    run = project.load(NESTED).outer.run(**QUIET)
    assert run.result == 5
    assert project.runs("inner") == []


def test_an_unrecorded_run_may_hold_a_recorded_one(project):
    project.load(NESTED).outer.run({"record": True}, record=False, quiet=True)
    assert project.runs("inner") == ["1"]


def test_a_results_folder_that_is_a_file(project, message):
    train = project.load().train
    (project.folder / "results").write_text("not a folder")
    with pytest.raises(forge.ForgeError) as found:
        train.run(**QUIET)
    assert found.value.code == "results-dir"
    message("results-dir-run", str(found.value).replace(str(project.folder), "PROJECT"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_results_folder_that_cannot_be_written(project):
    train = project.load().train
    (project.folder / "results").mkdir(mode=0o500)
    with pytest.raises(forge.ForgeError) as found:
        train.run(**QUIET)
    assert found.value.code == "results-dir"


def test_a_results_folder_that_cannot_be_written_even_by_root(project, message):
    train = project.load().train
    with pytest.raises(forge.ForgeError) as found:
        train.run(results_dir="/proc/nowhere", **QUIET)
    message("results-dir-unwritable", str(found.value))


def test_an_observer_that_is_none_leaves_no_folder(project):
    train = project.load().train
    train.observers.append(print)
    with pytest.raises(forge.ForgeError, match="is no observer"):
        train.run(**QUIET)
    assert project.runs() == []
    train.observers.clear()
    assert train.run(presets=["tiny"], **QUIET).number in {1, 2}


def test_a_value_that_cannot_be_stored_leaves_no_folder(project):
    train = project.load(TRAIN.replace("lr=0.5", "lr=0.5, f=lambda: 1")).train
    with pytest.raises(forge.ForgeError) as found:
        train.run(**QUIET)
    assert found.value.code == "bad-value"
    assert project.runs() == []


def test_observers_of_the_user_receive_every_event(project):
    class Collector:
        def __init__(self):
            self.names = []
            self.closed = 0

        def receive(self, event):
            self.names.append(type(event).__name__)

        def close(self):
            self.closed += 1

    train = project.load().train
    train.observers.append(collector := Collector())
    train.run(presets=["tiny"], **QUIET)
    kinds = [n for n in collector.names if n != "Noted"]
    assert kinds[0] == collector.names[0] == "Started"
    assert kinds[1:] == ["Logged", "Logged", "Saved", "Completed"]
    assert collector.closed == 1
    with pytest.raises(ValueError, match="stopped"):
        train.run({"stop_at": 1}, **QUIET)
    assert collector.names[-1] == "Failed"


def test_a_failing_observer_never_stops_training(project, capsys):
    class Failing:
        def receive(self, event):
            raise OSError("no network")

    train = project.load().train
    train.observers.append(Failing())
    run = train.run(presets=["tiny"], **QUIET)
    assert run.status == "COMPLETED"
    text = capsys.readouterr().err
    assert text.count("observer Failing failed") == 2
    assert project.record().status == "COMPLETED"


def test_a_component_whose_build_raises(project, message):
    """The user's traceback first, then which slot and with which values."""
    project.write(
        TRAIN.replace(
            'return {"w": [_seed % 1000] * n_in * n_hidden, "name": "mlp"}',
            "return 1 // (n_hidden - 4)",
        )
    )
    done = project("-q", "with", "seed=1", expect=1)
    text = done.stderr.replace(str(project.folder), "PROJECT")
    message("build-raises", text)
    record = project.record()
    assert record.status == "FAILED"
    assert "while building model = mlp" in record.traceback
    assert record.traceback.replace(str(project.folder), "PROJECT").startswith(text)
    assert project.runs() == ["1"]


def test_a_model_that_returns_none(project, message):
    project.write(
        TRAIN.replace(
            'return {"w": [_seed % 1000] * n_in * n_hidden, "name": "mlp"}',
            "print('built')",
        )
    )
    done = project("-q", expect=2)
    message("built-nothing-run", done.stderr.replace(str(project.folder), "PROJECT"))
    assert project.record().status == "FAILED"
    assert project.record().checkpoints == ()


def test_an_input_that_nothing_supplies_fails_the_run(project, message):
    project.write(TRAIN.replace('"n_in": n', '"n_inn": n'))
    done = project("-q", expect=2)
    message(
        "missing-injection-run", done.stderr.replace(str(project.folder), "PROJECT")
    )
    assert project.record().status == "FAILED"
    assert project.record().error.type == "ForgeError"


SEEDS = """
import random
import numpy as np
import forge

@forge.dataset
def toy():
    return {"x": random.random()}

@forge.model
def mlp():
    return {"r": random.random(), "n": np.random.rand()}

@forge.model
def other():
    return {"r": random.random(), "n": np.random.rand()}

@forge.experiment
def train(
    dataset, model=mlp, second: forge.Model | None = None,
    *, _run, _seed, _rng, _config, _log
):
    assert _config is _run.config
    assert _log.name == "train"
    return {
        "x": dataset["x"], "model": model, "second": second, "body": random.random(),
        "seed": _seed, "rng": _rng.random(), "run": _run.rng.random(),
        "root": _run.seed,
    }
"""


def test_the_same_seed_gives_the_same_numbers(project):
    train = project.load(SEEDS).train
    first = train.run({"seed": 3}, record=False).result
    assert train.run({"seed": 3}, record=False).result == first
    other = train.run({"seed": 4}, record=False).result
    assert not {str(v) for v in first.values() if v} & {
        str(v) for v in other.values() if v
    }
    assert first["root"] == 3
    assert (
        len(
            {first["body"], first["x"], first["model"]["r"], first["rng"], first["run"]}
        )
        == 5
    )


def test_numbers_of_a_path_do_not_depend_on_others(project):
    module = project.load(SEEDS)
    train = module.train
    first = train.run({"seed": 3}, record=False).result
    with_more = train.run({"seed": 3, "second": "mlp"}, record=False).result
    swapped = train.run({"seed": 3, "model": "other"}, record=False).result
    assert with_more["model"] == first["model"]
    assert with_more["second"] != first["model"]
    assert with_more["body"] == first["body"]
    assert swapped["model"] == first["model"]
    assert swapped["body"] == first["body"]
    # Loaded alone, without its dataset and its siblings.
    train.run({"seed": 3, "second": "mlp"}, **QUIET)
    exp = forge.Experiment.load("train/1", step=None)
    assert exp.second == with_more["second"]
    exp.close()


def test_a_drawn_seed_is_recorded(project):
    train = project.load(SEEDS).train
    run = train.run(**QUIET)
    assert project.record().config["seed"] == run.seed
    seeds = project.record().run.seeds
    assert seeds.keys() == {"", "dataset", "model"}
    assert seeds[""] == run.result["seed"]
    again = train.run({"seed": run.seed}, record=False)
    assert again.result == run.result


def test_the_working_directory_never_changes(project):
    train = project.load(
        TRAIN.replace(
            "    _run.restore",
            "    assert __import__('os').getcwd() == FOLDER\n    _run.restore",
        )
    )
    train.FOLDER = os.getcwd()  # noqa: PTH109
    train.train.run(presets=["tiny"], **QUIET)
    assert os.getcwd() == train.FOLDER  # noqa: PTH109


def test_an_experiment_whose_script_is_gone_still_runs(project):
    train = project.load().train
    (project.folder / "train.py").unlink()
    assert train.run(presets=["tiny"], **QUIET).status == "COMPLETED"
    shutil.rmtree(project.folder / "results")
