"""What a script says of an experiment: presets, commands, hooks, options."""

import copy
import inspect
import pickle

import pytest
from projects import TRAIN

import forge


@pytest.fixture(name="train")
def _train(project):
    return project.load().train


def refused(project, text):
    """Write something at the end of the script; return why it cannot be imported."""
    with pytest.raises(forge.ForgeError) as found:
        project.load(TRAIN.replace("\nif __name__", f"{text}\n\n\nif __name__"))
    return found.value


def test_an_experiment_is_still_the_function_it_was(train):
    assert train.__name__ == "train"
    assert repr(train) == "<forge.Experiment train>"
    assert list(inspect.signature(train).parameters)[:3] == ["dataset", "model", "lr"]
    assert isinstance(train, forge.Experiment)


def test_it_is_pickled_by_name_and_never_copied(project, train):
    assert pickle.loads(pickle.dumps(train)) is train
    assert copy.copy(train) is train
    assert copy.deepcopy([train])[0] is train


def test_presets_and_commands_stay_functions(project):
    module = project.load()
    assert module.tiny() == {"steps": 2, "model.n_hidden": 1}
    assert module.evaluate({"xs": [1]}, {"w": [3]})["n"] == 1
    assert [*module.train.presets] == ["tiny"]
    assert [*module.train.commands] == ["evaluate"]


def test_configure_resolves_without_building(project, train, message):
    config = train.configure({"model": "cnn"}, presets=["tiny"], words=["n=4"])
    assert config["dataset.n"] == 4
    assert config.model == "cnn"
    assert train.configure(command="evaluate")["evaluate.split"] == "test"
    assert "evaluate.split" not in train.configure()
    with pytest.raises(forge.ForgeError) as found:
        train.configure(command="evalute")
    message("unknown-command-configure", str(found.value))
    assert not (project.folder / "results").exists()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("taken", "@train.command\ndef evaluate(): ..."),
        ("parameter", "@train.command\ndef lr(): ..."),
        ("built-in", "@train.command\ndef print_config(): ..."),
        ("capture", "@train.capture\ndef model(): ..."),
    ],
)
def test_a_name_that_is_taken(project, message, name, body):
    message(f"command-name-{name}", str(refused(project, body)))


def test_variable_arguments_are_refused(project, message):
    for what, decorator in [
        ("command", "@train.command"),
        ("experiment", "@forge.experiment"),
    ]:
        body = f"{decorator}\ndef f(*args): ..."
        message(f"var-positional-{what}", str(refused(project, body)))


def test_what_is_no_function_is_refused(project, message):
    said = []
    for decorator, value in [
        ("forge.experiment", "functools.partial(print)"),
        ("forge.dataset", "'digits'"),
        ("forge.model", "[0] * 100"),
        ("train.command", "functools.partial(print)"),
        ("train.capture", "3"),
        ("train.before", "print()"),
        ("train.after", "functools.partial(print)"),
        ("train.preset", "{'steps': 2}"),
    ]:
        body = f"import functools\n{decorator}({value})"
        error = refused(project, body)
        assert error.code == "not-a-function"
        said.append(str(error))
    message("not-a-function", "\n".join(said))


def test_what_nothing_awaits_is_refused(project, message):
    said = []
    for decorator, body in [
        ("forge.experiment", "pass"),
        ("forge.dataset", "yield 1"),
        ("train.command", "pass"),
        ("train.before", "pass"),
        ("train.after", "pass"),
        ("train.preset", "pass"),
    ]:
        error = refused(project, f"@{decorator}\nasync def f(): {body}")
        assert error.code == "async-function"
        said.append(str(error))
    message("async-function", "\n".join(said))


def test_a_body_may_await_what_is_captured(project):
    text = """
        import asyncio
        import forge

        @forge.experiment
        def train(x=1):
            return asyncio.run(doubled())

        @train.capture
        async def doubled(x):
            return 2 * x
        """
    assert project.load(text).train.run({"x": 3}, record=False).result == 6


def test_a_preset_takes_nothing(project, message):
    text = TRAIN.replace("def tiny():", "def tiny(steps, n=1):")
    with pytest.raises(forge.ForgeError) as found:
        project.load(text)
    assert found.value.code == "bad-preset"
    message("bad-preset-argument", str(found.value))


def test_a_preset_that_returns_no_values(project, message):
    text = TRAIN.replace('return {"steps": 2, "model.n_hidden": 1}', "return 3")
    with pytest.raises(forge.ForgeError) as found:
        project.load(text).train.configure(presets=["tiny"])
    message("bad-preset", str(found.value))


def test_a_name_of_its_own(project):
    text = TRAIN.replace("@forge.experiment", '@forge.experiment(name="digits")')
    train = project.load(text).train
    run = train.run(presets=["tiny"], quiet=True, capture="no")
    assert run.id == "digits/1"
    assert project.runs("digits") == ["1"]


def test_slots_that_the_body_never_touches(project):
    text = """
        import forge

        @forge.dataset
        def toy(n=3):
            return {"n_in": n}

        @forge.model
        def mlp(n_in):
            return [n_in]

        @forge.experiment(dataset=toy)
        def train(model=mlp):
            return model[0]
        """
    train = project.load(text).train
    assert train.run({"dataset.n": 5}, record=False).result == 5


def test_a_config_file_above_the_defaults(project, message):
    text = TRAIN.replace("@forge.experiment", '@forge.experiment(config="base.json")')
    train = project.load(text).train
    (project.folder / "base.json").write_text('{"steps": 3, "model": {"n_hidden": 8}}')
    config = train.configure(presets=["tiny"])
    assert config["steps"] == 2
    assert config["model.n_hidden"] == 1
    assert train.configure()["steps"] == 3
    assert str(train.configure().origin("steps")) == "base.json"
    (project.folder / "base.json").unlink()
    with pytest.raises(forge.ForgeError) as found:
        train.configure()
    message("no-file-base", str(found.value).replace(str(project.folder), "PROJECT"))


def test_further_project_files_are_kept(project):
    (project.folder / "notes.yaml").write_text("a: 1\n")
    text = TRAIN.replace("@forge.experiment", '@forge.experiment(sources=["*.yaml"])')
    project.load(text).train.run(presets=["tiny"], quiet=True, capture="no")
    assert (project.folder / "results/train/1/sources/notes.yaml").is_file()


def test_retention_options_reach_the_checkpoints(project):
    options = "keep_last=1, keep_every=4"
    text = TRAIN.replace("@forge.experiment", f"@forge.experiment({options})")
    project.load(text).train.run({"steps": 7}, quiet=True, capture="no")
    assert project.record().checkpoints == (4, 7)


def test_final_checkpoint_can_be_opted_out(project):
    text = TRAIN.replace(
        "@forge.experiment", "@forge.experiment(final_checkpoint=False)"
    )
    project.load(text).train.run({"steps": 3}, quiet=True, capture="no")
    assert project.record().checkpoints == (2,)


def test_the_goal_is_recorded_and_reported(project, capsys):
    text = TRAIN.replace(
        "@forge.experiment", '@forge.experiment(goal="max accuracy", report_every=2)'
    )
    project.load(text).train.run(capture="no")
    assert project.record().run.goal == "max accuracy"
    text = capsys.readouterr().err
    assert "loss" in text
