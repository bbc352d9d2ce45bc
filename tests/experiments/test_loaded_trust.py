"""Tests of whose code runs when a run is loaded."""

import hashlib
import json
import pickle
import shutil
from contextlib import closing

import pytest
from projects import TRAIN

import forge
from forge.errors import UntrustedRun


@pytest.fixture(name="made")
def _made(project):
    """A project with one run of its own, whose code leaves a mark when it runs."""
    project.write(f"__import__('pathlib').Path('ran').touch()\n{TRAIN}")
    project("--quiet")
    (project.folder / "ran").unlink()
    return project


@pytest.fixture(name="elsewhere")
def _elsewhere(made, monkeypatch):
    """The same project on the machine of somebody with another key."""
    monkeypatch.setenv("FORGE_KEY_FILE", str(made.folder / "another-key"))
    return made


def ran(project) -> bool:
    return (project.folder / "ran").exists()


def change(path, alter) -> None:
    data = json.loads(path.read_bytes())
    alter(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def replace_source(record) -> None:
    """Change a stored source, and the manifest with it."""
    evil = b"__import__('pathlib').Path('ran').touch()\n"
    (record.layout.sources / "train.py").write_bytes(evil)
    digest = hashlib.sha256(evil).hexdigest()

    def alter(manifest) -> None:
        manifest["files"]["train.py"] = digest

    change(record.layout.manifest, alter)


def point_elsewhere(record) -> None:
    """Name another component for the model."""

    def alter(run) -> None:
        run["components"][-1]["qualname"] = "cnn"

    change(record.layout.run, alter)


def set_flag(record) -> None:
    change(record.layout.flags, lambda flags: flags.update(lr=9))


def test_a_run_of_ones_own_is_loaded_without_a_word(made) -> None:
    with closing(forge.Experiment.load("train/1")) as exp:
        assert exp.model["name"] == "mlp"
    assert ran(made)


def test_a_copy_of_a_run_of_ones_own_is_loaded_too(made) -> None:
    shutil.copytree("results/train/1", "copied")
    with closing(forge.Experiment.load("copied")) as exp:
        assert exp.model["name"] == "mlp"


@pytest.mark.parametrize("alter", [replace_source, point_elsewhere, set_flag])
def test_a_run_that_was_altered_runs_no_code(made, alter) -> None:
    alter(made.record())
    exp = forge.Experiment.load("train/1")
    with pytest.raises(UntrustedRun, match="changed after it was signed"):
        exp.model  # noqa: B018
    assert not ran(made)


def test_reading_a_run_of_somebody_else_asks_nothing(elsewhere) -> None:
    exp = forge.Experiment.load("train/1")
    assert exp.record.config["lr"] == 0.5
    assert exp.record.metrics["loss"].last == 0.25
    assert exp.components == {"dataset": "toy", "model": "mlp"}
    assert "train/1" in repr(exp)
    assert not ran(elsewhere)


@pytest.mark.parametrize(
    "use",
    [
        lambda exp: exp.model,
        lambda exp: exp["dataset"],
        lambda exp: exp.call("evaluate"),
        lambda exp: exp.run(),
        lambda exp: exp.resume(),
    ],
)
def test_the_code_of_somebody_else_does_not_run(elsewhere, use, message) -> None:
    exp = forge.Experiment.load("train/1")
    with pytest.raises(UntrustedRun) as caught:
        use(exp)
    text = str(caught.value).replace(str(elsewhere.folder.resolve()), "/project")
    message("untrusted-load", text)
    assert not ran(elsewhere)
    assert elsewhere.runs() == ["1"]
    assert len(elsewhere.record().run.sessions) == 1


def test_a_refusal_leaves_nothing_open(elsewhere) -> None:
    exp = forge.Experiment.load("train/1")
    for _ in range(2):
        with pytest.raises(UntrustedRun):
            exp.model  # noqa: B018
    exp.close()


def test_true_vouches_for_one_load(elsewhere) -> None:
    with closing(forge.Experiment.load("train/1", trust=True)) as exp:
        assert exp.model["name"] == "mlp"
    with pytest.raises(UntrustedRun):
        forge.Experiment.load("train/1").model  # noqa: B018


def test_false_forbids_even_code_of_ones_own(made) -> None:
    exp = forge.Experiment.load("train/1", trust=False)
    with pytest.raises(UntrustedRun):
        exp.model  # noqa: B018
    assert exp.record.config["lr"] == 0.5
    assert not ran(made)


def test_true_does_not_excuse_files_that_are_not_in_the_manifest(elsewhere) -> None:
    (elsewhere.record().layout.sources / "train.py").write_text("evil = 1\n")
    with pytest.raises(forge.ForgeError) as caught:
        forge.Experiment.load("train/1", trust=True).model  # noqa: B018
    assert caught.value.code == "source-altered"


def test_the_environment_vouches_for_a_folder(elsewhere, monkeypatch) -> None:
    monkeypatch.setenv("FORGE_TRUST", str(elsewhere.folder / "results"))
    with closing(forge.Experiment.load("train/1")) as exp:
        assert exp.call("evaluate")["n"] == 3


def test_another_checkpoint_of_the_same_load_is_as_trusted(elsewhere) -> None:
    exp = forge.Experiment.load("train/1", trust=True)
    with closing(exp.restore(2)) as other:
        assert other.model["name"] == "mlp"


def test_todays_code_is_not_that_of_the_run(elsewhere, monkeypatch) -> None:
    module = elsewhere.load(TRAIN)
    monkeypatch.setitem(__import__("sys").modules, "train", module)
    exp = forge.Experiment.load("train/1", code="current", trust=False)
    assert exp.model["name"] == "mlp"


def test_a_new_run_of_code_that_was_vouched_for_is_ones_own(elsewhere) -> None:
    with closing(forge.Experiment.load("train/1", trust=True)) as exp:
        assert exp.run(quiet=True).number == 2
    with closing(forge.Experiment.load("train/2")) as own:
        assert own.model["name"] == "mlp"


def test_resuming_does_not_make_a_run_ones_own(elsewhere) -> None:
    with closing(forge.Experiment.load("train/1", trust=True)) as exp:
        exp.resume(quiet=True)
    with pytest.raises(UntrustedRun):
        forge.Experiment.load("train/1").model  # noqa: B018


def test_a_run_of_ones_own_stays_so_when_it_is_resumed(made) -> None:
    with closing(forge.Experiment.load("train/1")) as exp:
        exp.resume(config={"lr": 0.25, "steps": 6}, quiet=True)
    with closing(forge.Experiment.load("train/1")) as again:
        assert again.config["lr"] == 0.25


def test_what_was_vouched_for_may_go_to_another_process(elsewhere) -> None:
    with closing(forge.Experiment.load("train/1", trust=True)) as exp:
        closed = pickle.loads(pickle.dumps(forge.Experiment.load("train/1")))
        with pytest.raises(UntrustedRun):
            closed.model  # noqa: B018
        assert exp.model["name"] == "mlp"
        with closing(pickle.loads(pickle.dumps(exp))) as same:
            assert same.model["name"] == "mlp"
